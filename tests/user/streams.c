/* SPDX-License-Identifier: MIT */
/*
 * stdio on files: modes, buffering, seeking, formatted in- and output, pushing back,
 * temporary files, end of file and error marks. Most of it is musl's work; what it shows
 * is that the calls below do what musl expects.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define LINES 20000

static int file_is(const char *name, const char *expected)
{
    char buffer[200];
    FILE *file = fopen(name, "r");
    size_t n = file ? fread(buffer, 1, sizeof buffer, file) : 0;

    if (file)
        fclose(file);
    return file && n == strlen(expected) && memcmp(buffer, expected, n) == 0;
}

static void check_modes(void)
{
    FILE *file;
    char text[20];

    fails(fopen("f", "r") ? 0 : -1, ENOENT, "\"r\" of nothing");
    file = fopen("f", "w");
    ok(file && fputs("one\n", file) >= 0 && fclose(file) == 0, "\"w\"");
    ok(file_is("f", "one\n"), "makes the file");
    file = fopen("f", "a+");
    ok(file && fputs("two\n", file) >= 0, "\"a+\" writes");
    rewind(file);
    ok(fgets(text, sizeof text, file) && strcmp(text, "one\n") == 0, "and reads");
    fclose(file);
    ok(file_is("f", "one\ntwo\n"), "at the end");
    file = fopen("f", "r+");
    ok(file && fputc('O', file) == 'O' && fclose(file) == 0, "\"r+\"");
    ok(file_is("f", "One\ntwo\n"), "writes over the start");
    file = fopen("f", "wx");
    ok(!file && errno == EEXIST, "\"wx\" of what is there");
    file = fopen("f", "w+");
    ok(file && fgetc(file) == EOF && feof(file) && !ferror(file), "\"w+\" empties");
    fclose(file);
    file = fopen("f", "r");
    ok(fputc('x', file) == EOF && ferror(file), "writing to \"r\" is an error");
    clearerr(file);
    ok(!ferror(file), "clearerr");
    fclose(file);
}

static void check_seeking(void)
{
    FILE *file = fopen("f", "w+");

    ok(fputs("0123456789", file) >= 0 && ftell(file) == 10, "ftell");
    ok(fseek(file, 3, SEEK_SET) == 0 && fgetc(file) == '3', "fseek");
    ok(ungetc('X', file) == 'X' && fgetc(file) == 'X' && fgetc(file) == '4', "ungetc");
    ok(fseek(file, -1, SEEK_END) == 0 && fgetc(file) == '9', "SEEK_END");
    ok(fgetc(file) == EOF && feof(file), "the end");
    ok(fseek(file, 0, SEEK_CUR) == 0 && !feof(file), "fseek clears the mark");
    fseek(file, 5, SEEK_SET);
    ok(fputc('F', file) == 'F' && fflush(file) == 0 && file_is("f", "01234F6789"),
       "a write after reading");
    fclose(file);
}

static void check_buffers(void)
{
    FILE *file = fopen("f", "w");

    fputs("kept", file);
    ok(file_is("f", ""), "a full buffer keeps");
    fflush(file);
    ok(file_is("f", "kept"), "until fflush");
    fclose(file);
    file = fopen("f", "w");
    setvbuf(file, NULL, _IONBF, 0);
    fputs("at once", file);
    ok(file_is("f", "at once"), "no buffer writes at once");
    fclose(file);
}

static void check_formats(void)
{
    char text[200];
    int a = 0;
    double d = 0;
    char word[20] = "";
    const char *volatile long_word = "abcdefg";

    snprintf(text, sizeof text, "%d|%5.2f|%-6s|%06x|%ld|%c|%%|%e", -7, 3.14159, "ab",
             0xbeef,
             1234567890123l, 'z', 12345.678);
    ok(strcmp(text, "-7| 3.14|ab    |00beef|1234567890123|z|%|1.234568e+04") == 0,
       "printf");
    printf("# %s\n", text);
    is(snprintf(text, 4, "%s", long_word), 7, "snprintf says what it needed");
    ok(strcmp(text, "abc") == 0, "and cuts");
    is(sscanf("42 2.5 word", "%d %lf %19s", &a, &d, word), 3, "scanf");
    ok(a == 42 && d == 2.5 && strcmp(word, "word") == 0, "finds the values");
    is(strtol("0x7fz", NULL, 0), 127, "strtol");
    ok(strtod("1e300", NULL) == 1e300, "strtod");
}

static void check_lines(void)
{
    FILE *file = fopen("f", "w");
    char line[60];
    int good = 1;
    int number;

    for (int i = 0; i < LINES; i++)
        good = good && fprintf(file, "line %d of many, with some text\n", i) > 0;
    ok(fclose(file) == 0 && good, "%d lines", LINES);
    file = fopen("f", "r");
    for (int i = 0; i < LINES && good; i++)
        good = fgets(line, sizeof line, file) && sscanf(line, "line %d", &number) == 1 &&
               number == i;
    ok(good && !fgets(line, sizeof line, file), "come back in order");
    fclose(file);
}

static void check_temporary(void)
{
    FILE *file = tmpfile();
    char name[] = "tXXXXXX";
    int fd;

    ok(file && fputs("x", file) >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
       fgetc(file) == 'x',
       "tmpfile");
    if (file)
        fclose(file);
    fd = mkstemp(name);
    ok(fd >= 0 && strcmp(name, "tXXXXXX") != 0, "mkstemp");
    file = fdopen(fd, "w");
    ok(file && fprintf(file, "%s", "by fdopen") == 9 && fclose(file) == 0, "fdopen");
    ok(file_is(name, "by fdopen"), "writes the file");
    is(rename(name, "g"), 0, "rename");
    is(remove("g"), 0, "remove");
    fails(remove("g"), ENOENT, "remove of nothing");
}

int main(void)
{
    char directory[] = "/tmp/streams.XXXXXX";

    if (!ok(mkdtemp(directory) && chdir(directory) == 0, "a directory to work in"))
        return done();
    check_modes();
    check_seeking();
    check_buffers();
    check_formats();
    check_lines();
    check_temporary();
    unlink("f");
    chdir("/");
    is(rmdir(directory), 0, "nothing is left");
    return done();
}
