/*
 * parses.c - which statements does PostgreSQL's own parser (15, by way of libpg_query) take?
 *
 * Standard input: statements, a NUL behind each. Standard output: a line for each, yes or no. Used by tests/bench/corpus.
 */
#include <pg_query.h>

int main(void)
{
    char *statement = NULL;
    size_t size = 0;
    while (getdelim(&statement, &size, '\0', stdin) >= 0) {
        const PgQueryParseResult result = pg_query_parse(statement);
        puts(result.error ? "no" : "yes");
        pg_query_free_parse_result(result);
    }
    free(statement);
    return fflush(stdout) != 0;
}
