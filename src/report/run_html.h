/*
 * run_html.h - what the parts of the report's page share.
 */
#ifndef MIGRATE_REPORT_RUN_HTML_H
#define MIGRATE_REPORT_RUN_HTML_H

#include "report/run_view.h"

/* The page's style sheet, for light, dark, narrow screens and paper, in pieces; NULL ends them. */
extern const char *const run_html_style[];

/* Append text for HTML: markup and control characters escaped. */
void html_text(struct strbuf *out, struct str text);
/* The first line or so of SQL. */
void html_short(struct strbuf *out, struct str sql, size_t max);
/* "20261120 orders, step 2 of 3" */
void html_step_name(struct strbuf *out, const struct journal_step *s);
/* 1234 as "1,234", larger ones as "212 k". */
void html_number(struct strbuf *out, double n);

/* The steps along the run's time, as bars. */
void html_timeline(struct strbuf *out, const struct run_view *v);
/* What AWS measured while the run went on. */
void html_metrics(struct strbuf *out, const struct run_view *v);
/* Progress, rate, batch size and replica lag of each step that told of them. */
void html_charts(struct strbuf *out, const struct run_view *v);

#endif
