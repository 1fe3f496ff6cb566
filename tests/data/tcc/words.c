/* SPDX-License-Identifier: MIT */
/* Counts the words of its input; the share of each run's most frequent word, in floating point. */
#include "table.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_words(struct table *table)
{
    char word[64];
    size_t length = 0;
    int all = 0, c;

    do {
        c = getchar();
        if (c != EOF && isalpha(c)) {
            if (length < sizeof(word) - 1)
                word[length++] = (char)tolower(c);
        } else if (length) {
            word[length] = '\0';
            table_count(table, word);
            length = 0;
            all++;
        }
    } while (c != EOF);
    return all;
}

int main(int count, char **argument)
{
    struct table *table = table_create();
    int all = read_words(table), status = 0;
    double root = sqrt((double)all);

    table_print(table);
    table_destroy(table);
    printf("%d words, root %.6f %.4Lf, %s\n", all, root, (long double)all / 3.0L,
           count > 1 ? argument[1] : "none");
    fflush(stdout);
    if (fork() == 0)
        _exit(all % 100);
    wait(&status);
    return WEXITSTATUS(status);
}
