#include "report/run_html.h"

/* clang-format off */
/* Colours are told apart by lightness, too, for those who do not see them and for grey paper. */
const char *const run_html_style[] = {
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--fg:#16202c;--soft:#5b6878;--line:#dde2e8;--track:#eef1f4;"
    "--work:#2f6fde;--wait:#f3cf8b;--away:#e39a1f;--pause:#c9d1db;--early:#9fb4d6;--bad:#c62f3b;--good:#1b7f4d;--spot:#8a2be2;"
    "--goodbg:#e2f4ea;--badbg:#fbe7e8;--warnbg:#fdf1da;--warn:#8a5a00}",
    "@media (prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#182029;--fg:#e6ebf1;--soft:#94a3b5;--line:#2b3642;"
    "--track:#222c37;--work:#5b95f5;--wait:#8a6a30;--away:#e8a93c;--pause:#465362;--early:#4b6186;--bad:#f0727c;--good:#55c98d;"
    "--spot:#c99bff;--goodbg:#15382a;--badbg:#43202a;--warnbg:#40310f;--warn:#f0c060}}",
    "*{box-sizing:border-box}",
    "body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,"
    "'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}",
    "main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}",
    "h1{font-size:26px;line-height:1.25;margin:2px 0 0;font-weight:650;overflow-wrap:anywhere}",
    "h2{font-size:17px;margin:0 0 12px;font-weight:650}",
    "h3{font-size:15px;margin:0 0 2px;font-weight:600;overflow-wrap:anywhere}",
    "code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;font-size:12.5px}",
    "pre{margin:6px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;max-height:11em;overflow:auto;color:var(--soft)}",
    ".over{color:var(--soft);margin:0;overflow-wrap:anywhere}",
    ".head{display:flex;flex-wrap:wrap;gap:12px 16px;align-items:flex-start;justify-content:space-between}",
    ".badge{padding:3px 12px;border-radius:99px;font-weight:650;white-space:nowrap;font-size:14px}",
    ".good{background:var(--goodbg);color:var(--good)}.bad{background:var(--badbg);color:var(--bad)}",
    ".warn{background:var(--warnbg);color:var(--warn)}",
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:20px 0}",
    ".tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}",
    ".tile{padding:10px 14px}.tile b{display:block;font-size:20px;font-weight:650;line-height:1.3}",
    ".tile span{color:var(--soft);font-size:13px}",
    ".card{padding:18px 20px;margin:0 0 16px;break-inside:auto}",
    ".card.error{border-color:var(--bad);border-left-width:5px}",
    ".card.error p{margin:4px 0;overflow-wrap:anywhere}",
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}",
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}",
    ".axis,.row{display:grid;grid-template-columns:minmax(150px,30%) 1fr 76px;gap:0 14px;align-items:center}",
    ".axis{color:var(--soft);font-size:12px;margin-bottom:4px}",
    ".axis div{position:relative;height:18px}.axis i{position:absolute;font-style:normal;transform:translateX(-50%);"
    "white-space:nowrap}.axis i:first-child{transform:none}.axis i.end{transform:translateX(-100%)}",
    ".row{padding:3px 0;break-inside:avoid}",
    ".row .what{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:13px}",
    ".row .ms{text-align:right;font-size:13px;color:var(--soft);white-space:nowrap}",
    ".for{margin:0 0 4px;color:var(--soft);font-size:12.5px;overflow-wrap:anywhere}",
    ".mig{font-weight:600;margin:10px 0 2px;overflow-wrap:anywhere;break-after:avoid}",
    ".bars{display:block;width:100%;height:20px;background:var(--track);border-radius:4px;overflow:hidden}",
    ".grid{stroke:var(--line)}.work{fill:var(--work)}.wait{fill:var(--wait)}.away{fill:var(--away)}.pause{fill:var(--pause)}",
    ".early{fill:var(--early)}.fail{fill:var(--bad)}.spot{fill:var(--spot);stroke:var(--card)}",
    ".legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;color:var(--soft);font-size:13px}",
    ".legend svg{width:12px;height:12px;margin-right:6px;vertical-align:-1px}",
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(290px,1fr));gap:16px 28px;margin:10px 0 26px}",
    ".charts:last-child{margin-bottom:0}",
    "figure{margin:0;break-inside:avoid}figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 8px;font-size:13px;"
    "margin-bottom:4px}figcaption span{color:var(--soft);text-align:right}",
    ".plot{position:relative}.plot svg{display:block;overflow:visible;width:100%;height:104px;background:var(--track);border-radius:4px}",
    ".plot .top,.plot .mid{position:absolute;left:6px;font-size:11px;color:var(--soft)}.plot .top{top:2px}",
    ".plot .mid{top:46px}",
    ".x{display:flex;justify-content:space-between;font-size:11px;color:var(--soft);margin-top:2px}",
    ".curve{fill:none;stroke:var(--work);stroke-width:1.8;stroke-linejoin:round;vector-effect:non-scaling-stroke}",
    ".under{fill:var(--work);opacity:.14}.held{fill:var(--away);opacity:.28}.half{stroke:var(--line);"
    "vector-effect:non-scaling-stroke}",
    ".why{margin:6px 0 0;color:var(--soft);font-size:13px}",
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px}",
    "th{text-align:left;color:var(--soft);font-weight:500;border-bottom:1px solid var(--line);padding:0 12px 6px 0;"
    "white-space:nowrap}",
    "td{padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}",
    "tr:last-child td{border-bottom:0}td.n,th.n{text-align:right;white-space:nowrap}",
    "td.n:last-child,th.n:last-child{padding-right:0}",
    "td.nw{white-space:nowrap}tr{break-inside:avoid}",
    ".tag{white-space:nowrap;font-weight:600}.tag.g{color:var(--good)}.tag.b{color:var(--bad)}.tag.s{color:var(--soft)}",
    ".locks{color:var(--soft);font-size:12.5px;margin-top:4px}",
    "footer{color:var(--soft);font-size:13px;margin-top:20px}",
    "@media (max-width:640px){main{padding:18px 12px 32px}h1{font-size:21px}.card{padding:14px}",
    ".tiles{grid-template-columns:repeat(2,1fr);gap:8px}",
    ".axis,.row{grid-template-columns:1fr auto}.axis span,.axis b{display:none}.axis div{grid-column:1/-1}",
    ".row .bars,.row .track{grid-column:1/-1;grid-row:2}.row{padding:5px 0}.row .what{white-space:normal;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2}",
    "dl{grid-template-columns:1fr}dd{margin-bottom:6px}",
    "thead{position:absolute;left:-9999px}table,tbody,tr,td{display:block}tr{border-bottom:1px solid var(--line);"
    "padding:8px 0}tr:last-child{border-bottom:0}td,td.n{border:0;padding:2px 0;text-align:left;white-space:normal}td.n,td.nw{display:inline-block;margin-right:16px}",
    "td[data-l]::before{content:attr(data-l) ' ';color:var(--soft)}td:empty{display:none}}",
    "@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--fg:#000;--soft:#444;--line:#bbb;--track:#f0f0f0;"
    "--work:#2f6fde;--wait:#f3cf8b;--away:#e39a1f;--pause:#c4c4c4;--early:#9fb4d6;--bad:#b3202c;--good:#17693f;--spot:#6a1fb0;"
    "--goodbg:#e2f4ea;--badbg:#fbe7e8;--warnbg:#fdf1da;--warn:#7a5000}",
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:12px}main{max-width:none;padding:0}",
    "pre{max-height:none;overflow:visible}.wide{overflow:visible}.card{border-radius:0;padding:12px 0;border-width:1px 0 0}",
    ".card.error{padding-left:12px}h2{break-after:avoid}h3{break-after:avoid}@page{margin:14mm}}",
    NULL,
};
/* clang-format on */
