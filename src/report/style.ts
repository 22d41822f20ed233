/** The style sheet of the page, for light and dark. */

/**
 * Colours by name, in light and in dark. Text, `muted` and the four of lines have a contrast of at least 4.5 to 1 on both
 * backgrounds. Blue and orange, the two that carry meaning, stay apart for all kinds of colour vision.
 */
export const COLOURS = {
  page: ["#fbfbfa", "#14171a"],
  surface: ["#ffffff", "#1b1f24"],
  text: ["#1b2026", "#e4e7eb"],
  muted: ["#59636e", "#9da7b2"],
  line: ["#dcdfe3", "#333a42"],
  track: ["#e8eaed", "#2a3037"],
  wash: ["#eef4fb", "#1a2735"],
  accent: ["#0a5cb8", "#79b4ff"],
  warm: ["#ac4a00", "#f2a65a"],
  third: ["#1f7a5a", "#5fc3a0"],
  fourth: ["#8a3d92", "#d59be0"],
  bad: ["#b3261e", "#ff9a8f"],
} as const;

function variables(theme: 0 | 1): string {
  return Object.entries(COLOURS)
    .map(([name, colours]) => `--${name}:${colours[theme]}`)
    .join(";");
}

export const STYLE = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.page{max-width:70rem;margin:0 auto;padding:0 12px 4rem}
@media (min-width:48rem){.page{padding:0 2rem 5rem}}
header{padding:2.5rem 0 1.25rem}
.kicker{margin:0;color:var(--muted);font-size:.8125rem;letter-spacing:.04em}
h1{font-size:1.75rem;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:.15rem 0 .75rem}
@media (min-width:48rem){h1{font-size:2.25rem}}
h2{font-size:1.3125rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:0 0 .5rem}
h3{font-size:1rem;font-weight:650;margin:1.75rem 0 .5rem}
h4{font-size:.875rem;font-weight:650;margin:1rem 0 .25rem}
p{margin:.5rem 0;max-width:46rem}
.lead{font-size:1.125rem;line-height:1.5;max-width:48rem}
.note,.muted{color:var(--muted)}
.note{font-size:.8125rem;line-height:1.45;margin:.35rem 0}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
h1.blocked{color:var(--bad)}
.answer h2{font-size:1.0625rem;margin:1.5rem 0 .35rem}
.answer ul:not(.legend){margin:.35rem 0;padding-left:1.25rem;max-width:46rem}
.answer ul:not(.legend) li{margin:.3rem 0}
.columns.verdict{gap:0 2.5rem;align-items:start}
.columns.verdict figure{margin-top:1.5rem}
.answer pre{white-space:pre-wrap;overflow-wrap:anywhere}
.gates li{padding-left:.1rem}
.gates .blocks{color:var(--bad)}
.more{margin:2.75rem 0 .5rem}
section{border-top:1px solid var(--line)}
main>section:last-of-type{border-bottom:1px solid var(--line)}
.part{margin:0}
.part>summary{list-style:none;display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .75rem;padding:.8rem 0;color:var(--text)}
.part>summary::-webkit-details-marker{display:none}
.part>summary::before{content:"+";color:var(--accent);font-weight:600;width:.8rem}
.part[open]>summary::before{content:"−"}
.part>summary h2{margin:0;font-size:1.0625rem}
.part[open]>summary{margin-bottom:.75rem}
.part[open]{padding-bottom:2rem}
.hint{color:var(--muted);font-size:.875rem;padding-left:1.55rem}
@media (min-width:48rem){.hint{padding-left:0}}
dl.pairs{display:grid;gap:0 1.25rem;margin:.75rem 0;font-size:.875rem}
@media (min-width:48rem){dl.pairs{grid-template-columns:fit-content(60%) minmax(0,1fr);row-gap:.25rem}}
dl.pairs dt{color:var(--muted)}
dl.pairs dd{margin:0;padding-bottom:.4rem}
@media (min-width:48rem){dl.pairs dd{padding:0}}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:1.5rem;margin:1rem 0}
.figures>.rest{grid-column:span 1;min-width:0}
@media (min-width:62rem){.figures>.rest{grid-column:span 2}}
.rest .scroll{margin-top:0}
figure{margin:0;min-width:0;max-width:26rem}
figcaption{font-size:.875rem;font-weight:600;line-height:1.35;margin-bottom:.25rem}
.plot{display:block;width:100%;height:auto;overflow:visible;font-family:inherit;font-size:11px;color:var(--text)}
.plot text{white-space:pre}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:0 0 .25rem;padding:0;font-size:.75rem;color:var(--muted)}
.legend .sample{margin-right:.35rem}
.scroll{position:relative;overflow-x:auto;margin:1rem 0;border:1px solid var(--line);border-radius:6px;background:var(--surface)}
table{border-collapse:collapse;overflow-wrap:break-word;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.6rem .75rem .3rem;color:var(--muted);font-size:.8125rem}
caption span{position:sticky;left:.75rem;display:inline-block;max-width:calc(100vw - 3.25rem)}
th,td{padding:.4rem .75rem;text-align:right;vertical-align:top;border-top:1px solid var(--line);white-space:nowrap}
thead th{border-top:0;font-weight:600;color:var(--muted);font-size:.8125rem;vertical-align:bottom}
tbody th{font-weight:400}
th:first-child,td:first-child,.text,.lists th:nth-child(2),.lists th:nth-child(3){text-align:left}
.own th,.own td{background:var(--wash)}
.own th{font-weight:600}
.interval{display:block;color:var(--muted);font-size:.75rem}
.best{font-weight:700}
.best::after{content:" ▲";font-size:.625rem;color:var(--accent)}
.bar{vertical-align:middle;margin-left:.5rem}
details{margin:.75rem 0}
summary{cursor:pointer;font-size:.875rem;color:var(--accent);padding:.25rem 0}
pre{margin:.5rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:6px;background:var(--surface);overflow-x:auto;font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:normal}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.absent{border-left:3px solid var(--line);padding:.15rem 0 .15rem .85rem;color:var(--muted)}
.warning{border-left:3px solid var(--warm);padding:.15rem 0 .15rem .85rem}
.failure{border-left-color:var(--bad)}
.request{margin:1.5rem 0 2.5rem}
.request>h3{margin-top:0}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.5rem}
.list h4{margin-top:.25rem}
.list ol{margin:0;padding:0;list-style:none;counter-reset:place;border-top:1px solid var(--line);font-size:.875rem}
.list li{counter-increment:place;display:flex;gap:.6rem;padding:.3rem 0;border-bottom:1px solid var(--line)}
.list li::before{content:counter(place);color:var(--muted);font-variant-numeric:tabular-nums;min-width:1.1em;text-align:right}
.list li>span:first-of-type{flex:1;min-width:0}
.list .figure{color:var(--muted);font-variant-numeric:tabular-nums}
.liked{font-weight:600;color:var(--warm)}
.tick{font-weight:400}
.chips .liked{font-weight:400}
.chips{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem .9rem;margin:.25rem 0;padding:0;font-size:.8125rem;color:var(--muted)}
.inline{list-style:none;margin:0;padding:0;display:inline}
.inline li{display:inline}
.inline li:not(:last-child)::after{content:"\\a0· ";color:var(--muted)}
.lists td:nth-child(2){white-space:normal;min-width:18rem;text-align:left}
.checks{list-style:none;padding:0;margin:.5rem 0;font-size:.875rem}
.checks li{padding:.15rem 0 .15rem 1.6rem;text-indent:-1.6rem}
.checks .mark{display:inline-block;width:1.6rem;text-indent:0;color:var(--third)}
.checks .failed{font-weight:600;color:var(--bad)}
.checks .failed .mark{color:var(--bad)}
.unseen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{border-top:1px solid var(--line);padding-top:1rem;margin-top:2.5rem;color:var(--muted);font-size:.8125rem}
@media (max-width:47.99rem){
.lists,.lists tbody,.lists tr,.lists td,.lists th{display:block;text-align:left}
.lists caption{display:block}
.lists thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.lists tr{padding:.5rem .75rem;border-top:1px solid var(--line)}
.lists th,.lists td{border:0;padding:0}
.lists th{display:inline;margin-right:.5rem;color:var(--muted)}
.lists td:nth-child(2){display:inline;min-width:0}
.lists td[data-label]{display:inline-block;margin:.2rem 1rem 0 0}
.lists td:nth-child(3){display:block}
.lists td[data-label]::before{content:attr(data-label) "\\a0 ";color:var(--muted)}
.cards,.cards tbody,.cards tr{display:block}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards caption{display:block}
.cards tr{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.35rem .75rem;padding:.6rem .75rem;border-top:1px solid var(--line)}
.cards th,.cards td{border:0;padding:0;text-align:left;white-space:normal}
.cards tbody th{grid-column:1/-1;font-weight:600}
.cards td[data-label]::before{content:attr(data-label);display:block;color:var(--muted);font-size:.75rem}
.cards td.text{grid-column:span 2}
}
@media print{.scroll{overflow:visible}section{break-inside:avoid-page}}
`;
