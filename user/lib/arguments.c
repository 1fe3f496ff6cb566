/* SPDX-License-Identifier: MIT */
/* Words of the bootargs; pure. */
#include <user/lib/arguments.h>
#include <user/lib/string.h>

/* The next word at or after *at; false at the end. *at moves behind it. */
static bool next_word(const char **at, const char **word, size_t *bytes)
{
    while (**at == ' ' || **at == '\t' || **at == '\n')
        (*at)++;
    *word = *at;
    while (**at != '\0' && **at != ' ' && **at != '\t' && **at != '\n')
        (*at)++;
    *bytes = (size_t)(*at - *word);
    return *bytes > 0;
}

const char *arguments_value(const char *arguments, const char *key, size_t *bytes)
{
    size_t key_bytes = strlen(key), word_bytes;
    const char *word, *found = NULL;

    while (next_word(&arguments, &word, &word_bytes)) {
        if (word_bytes <= key_bytes || word[key_bytes] != '=' ||
            memcmp(word, key, key_bytes) != 0)
            continue;
        found = word + key_bytes + 1;
        *bytes = word_bytes - key_bytes - 1;
    }
    return found;
}

bool arguments_have(const char *arguments, const char *wanted)
{
    size_t wanted_bytes = strlen(wanted), word_bytes;
    const char *word;

    while (next_word(&arguments, &word, &word_bytes))
        if (word_bytes == wanted_bytes && memcmp(word, wanted, wanted_bytes) == 0)
            return true;
    return false;
}

bool arguments_are(const char *arguments, const char *key, const char *value)
{
    size_t bytes;
    const char *found = arguments_value(arguments, key, &bytes);

    return found != NULL && bytes == strlen(value) && memcmp(found, value, bytes) == 0;
}
