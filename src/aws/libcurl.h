/*
 * libcurl.h - libcurl, bound when the first request is wanted.
 *
 * The program does not name libcurl as a library it needs: with the thirty libraries behind it, loading takes the dynamic linker several
 * times as long as linting a file.
 */
#ifndef MIGRATE_AWS_LIBCURL_H
#define MIGRATE_AWS_LIBCURL_H

#include "base/error.h"

#define CURL_DISABLE_TYPECHECK /* its checks are macros of the functions' own names */
#include <curl/curl.h>

/* F(member, function) */
#define LIBCURL_FUNCTIONS(F)                         \
    F(global_init, curl_global_init)                 \
    F(easy_init, curl_easy_init)                     \
    F(easy_setopt, curl_easy_setopt)                 \
    F(easy_getinfo, curl_easy_getinfo)               \
    F(easy_reset, curl_easy_reset)                   \
    F(easy_cleanup, curl_easy_cleanup)               \
    F(easy_strerror, curl_easy_strerror)             \
    F(slist_append, curl_slist_append)               \
    F(slist_free_all, curl_slist_free_all)           \
    F(multi_init, curl_multi_init)                   \
    F(multi_add_handle, curl_multi_add_handle)       \
    F(multi_remove_handle, curl_multi_remove_handle) \
    F(multi_perform, curl_multi_perform)             \
    F(multi_poll, curl_multi_poll)                   \
    F(multi_info_read, curl_multi_info_read)         \
    F(multi_cleanup, curl_multi_cleanup)

#define LIBCURL_MEMBER(member, function) __typeof__(function) *member;
struct libcurl {
    bool bound;
    LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
};

/* Load libcurl 7.66 or newer (curl_multi_poll). ST_SYSTEM, with the package to install, when it is not there or too old. */
NODISCARD enum status libcurl_bind(const struct libcurl **out, struct error *err);

#endif
