#include "sql/lex_class.h"

/* Several characters at once in a designated initialiser. */
#define EACH2(a, b, v)                   [a] = (v), [b] = (v)
#define EACH4(a, b, c, d, v)             EACH2(a, b, v), EACH2(c, d, v)
#define EACH8(a, b, c, d, e, f, g, h, v) EACH4(a, b, c, d, v), EACH4(e, f, g, h, v)
#define RANGE2(a, v)                     [a] = (v), [(a) + 1] = (v)
#define RANGE4(a, v)                     RANGE2(a, v), RANGE2((a) + 2, v)
#define RANGE8(a, v)                     RANGE4(a, v), RANGE4((a) + 4, v)
#define RANGE16(a, v)                    RANGE8(a, v), RANGE8((a) + 8, v)
#define RANGE128(a, v)                                                                                     \
    RANGE16(a, v), RANGE16((a) + 16, v), RANGE16((a) + 32, v), RANGE16((a) + 48, v), RANGE16((a) + 64, v), \
        RANGE16((a) + 80, v), RANGE16((a) + 96, v), RANGE16((a) + 112, v)

const uint8_t lex_class[256] = {
    EACH4(' ', '\t', '\n', '\r', CLASS_SPACE),
    EACH2('\f', '\v', CLASS_SPACE), /* \v from 16 on */
    EACH4('A', 'C', 'D', 'F', CLASS_WORD),
    RANGE4('G', CLASS_WORD),
    EACH4('K', 'L', 'M', 'O', CLASS_WORD),
    RANGE4('P', CLASS_WORD),
    EACH4('T', 'V', 'W', 'Y', CLASS_WORD),
    EACH2('Z', '_', CLASS_WORD),
    EACH4('a', 'c', 'd', 'f', CLASS_WORD),
    RANGE4('g', CLASS_WORD),
    EACH4('k', 'l', 'm', 'o', CLASS_WORD),
    RANGE4('p', CLASS_WORD),
    EACH4('t', 'v', 'w', 'y', CLASS_WORD),
    ['z'] = CLASS_WORD,
    RANGE128(0x80, CLASS_WORD),
    EACH4('B', 'N', 'E', 'X', CLASS_PREFIX),
    EACH4('b', 'n', 'e', 'x', CLASS_PREFIX),
    EACH2('U', 'u', CLASS_PREFIX),
    RANGE8('0', CLASS_DIGIT),
    EACH2('8', '9', CLASS_DIGIT),
    EACH4(',', '(', ')', ';', CLASS_SELF),
    EACH2('[', ']', CLASS_SELF),
    ['.'] = CLASS_DOT,
    [':'] = CLASS_COLON,
    EACH8('~', '!', '@', '#', '^', '&', '|', '`', CLASS_OPERATOR),
    EACH8('?', '+', '-', '*', '/', '%', '<', '>', CLASS_OPERATOR),
    ['='] = CLASS_OPERATOR,
    ['\''] = CLASS_QUOTE,
    ['"'] = CLASS_DOUBLE_QUOTE,
    ['$'] = CLASS_DOLLAR,
    ['\\'] = CLASS_BACKSLASH,
    ['{'] = CLASS_BRACE,
};

#define LETTER (PART_WORD | PART_START | PART_TAG)
#define DIGIT  (PART_WORD | PART_TAG | PART_DECIMAL | PART_HEX)

const uint8_t lex_part[256] = {
    EACH4('A', 'B', 'C', 'D', LETTER | PART_HEX),
    EACH2('E', 'F', LETTER | PART_HEX),
    RANGE16('G', LETTER),
    RANGE4('W', LETTER),
    EACH4('a', 'b', 'c', 'd', LETTER | PART_HEX),
    EACH2('e', 'f', LETTER | PART_HEX),
    RANGE16('g', LETTER),
    RANGE4('w', LETTER),
    ['_'] = LETTER,
    RANGE128(0x80, LETTER),
    RANGE8('0', DIGIT),
    EACH2('8', '9', DIGIT),
    ['$'] = PART_WORD,
    EACH8('~', '!', '@', '#', '^', '&', '|', '`', PART_OPERATOR | PART_QUALIFIES),
    EACH2('?', '%', PART_OPERATOR | PART_QUALIFIES),
    EACH4('+', '-', '*', '/', PART_OPERATOR),
    EACH2('<', '>', PART_OPERATOR),
    ['='] = PART_OPERATOR,
};
