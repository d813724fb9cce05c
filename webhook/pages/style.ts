import { createHash } from "node:crypto";

/** The one stylesheet, in every page: nothing is fetched from anywhere. Both colour schemes pass WCAG AA. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #f3f4f7; --card: #ffffff; --text: #1c2230; --soft: #566072; --line: #dde1e8;
  --accent: #1f57c3; --accent-text: #ffffff; --code: #eef0f4; --ring: #1f57c3; --bad: #b3261e; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12151b; --card: #1b2029; --text: #e7eaf0; --soft: #a3adbd; --line: #303845;
  --accent: #8ab0ff; --accent-text: #0e1420; --code: #262d39; --ring: #8ab0ff; --bad: #ff9c94; --good: #7fd8a2; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.single { display: grid; grid-template-columns: minmax(0, 37rem); place-content: center; padding: 1.5rem; }
.framed main { max-width: 52rem; margin: 1.5rem auto; }
.framed.wide main { max-width: 84rem; }
.framed.wide main { width: calc(100% - 2rem); }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding: .6rem 1.5rem;
  background: var(--card); border-bottom: 1px solid var(--line); }
.bar .organization { margin: 0; max-width: 20rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar ul { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; padding: 0; list-style: none; }
.bar nav a { display: block; padding: .35rem .7rem; border-radius: 8px; color: var(--text); text-decoration: none; }
.bar nav a:hover { text-decoration: underline; }
.bar nav a[aria-current] { background: var(--code); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
.visitor { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-inline-start: auto; }
.visitor span { max-width: 16rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.visitor form { margin: 0; }
.visitor .button { padding: .3rem .8rem; }
.mark { margin: 0; padding: .6rem 1.5rem; border-bottom: 1px solid var(--line); border-left: 6px solid #c77700;
  background: var(--code); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; padding: .4rem .8rem; border-radius: 8px; background: var(--card); }
.scroll { overflow-x: auto; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .45rem 1.25rem; margin: 0 0 1rem; }
dt { color: var(--soft); }
dt strong { color: var(--text); }
dd { margin: 0; overflow-wrap: anywhere; }
.state { font-weight: 600; white-space: nowrap; }
.state.bad { color: var(--bad); }
.state.good { color: var(--good); }
main { width: 100%; max-width: 37rem; padding: 2rem 2.25rem 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 1px 3px rgb(0 0 0 / .08); }
.organization { margin: 0 0 .35rem; color: var(--soft); font-size: .9rem; font-weight: 600; }
h1 { margin: 0 0 .9rem; font-size: 1.45rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 1.6rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 .9rem; }
.soft { color: var(--soft); }
time { white-space: nowrap; overflow-wrap: normal; }
a { color: var(--accent); text-underline-offset: .15em; }
code, pre { font: .88em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
code { padding: .1em .35em; border-radius: 5px; background: var(--code); overflow-wrap: anywhere; }
pre { margin: 0 0 .9rem; padding: .75rem .9rem; border-radius: 8px; background: var(--code); overflow-x: auto; }
.groups { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 .9rem; padding: 0; list-style: none; }
.groups li { max-width: 100%; padding: .15rem .6rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--code); font-size: .9rem; overflow-wrap: anywhere; }
table { width: 100%; margin: 0 0 1rem; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-size: .82rem; font-weight: 600; overflow-wrap: normal; }
th[scope=row] { padding-right: 1.25rem; color: var(--text); font-size: inherit; white-space: nowrap; }
td p { margin: 0; }
td:not(:first-child) { min-width: 7rem; }
.copyable { margin: 0 0 .2rem; }
th:last-child, td:last-child { padding-right: 0; }
.badge { display: inline-block; margin-left: .4rem; padding: 0 .45rem; border: 1px solid var(--line);
  border-radius: 999px; color: var(--soft); font-size: .75rem; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; margin: 1.4rem 0 .4rem; }
.actions form { margin: 0; }
.button { display: inline-block; padding: .55rem 1.1rem; border: 1px solid var(--accent); border-radius: 8px;
  background: var(--accent); color: var(--accent-text); font: inherit; font-weight: 600; text-decoration: none;
  cursor: pointer; }
.button.plain { background: transparent; color: var(--accent); }
.button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
.button.small { padding: .1rem .6rem; font-size: .8rem; }
.filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); gap: .2rem 1rem;
  align-items: end; }
.filters p { margin: 0; min-width: 0; }
.filters label { margin-top: .4rem; }
.filters input, .filters select { width: 100%; }
.filters .actions { margin: .6rem 0 0; }
.filters + .soft { margin-top: .6rem; }
.list { min-width: 58rem; table-layout: fixed; }
.list th:nth-child(1) { width: 22%; }
.list th:nth-child(2) { width: 26%; }
.list th:nth-child(5) { width: 12rem; }
.list th:nth-child(6) { width: 8rem; }
.list tbody th { white-space: normal; overflow-wrap: anywhere; }
.list thead a { color: inherit; }
.apart { margin-inline-start: auto; }
label { display: block; margin: 1.1rem 0 .35rem; font-weight: 600; }
input + .soft { margin-top: .35rem; }
input[type=text], input[type=search], input[type=email], select { max-width: 100%; padding: .5rem .6rem;
  border: 1px solid var(--soft); border-radius: 8px; background: var(--card); color: var(--text); font: inherit; }
textarea { width: 100%; min-height: 7.5rem; padding: .6rem .7rem; border: 1px solid var(--soft); border-radius: 8px;
  background: var(--card); color: var(--text); font: .88rem/1.45 ui-monospace, Menlo, Consolas, monospace;
  resize: vertical; overflow-wrap: anywhere; }
th .soft { font-weight: 400; }
.actions + p { margin-top: 1.2rem; }
textarea.lines { min-height: 0; margin-bottom: .5rem; }
.problem { margin: 0 0 .35rem; color: var(--bad); font-weight: 600; }
.role { padding-bottom: .4rem; border-bottom: 1px solid var(--line); }
.role > .soft { margin-bottom: .4rem; }
.role p { overflow-wrap: anywhere; }
.mappings { margin: 0 0 .9rem; padding-inline-start: 1.2rem; }
.mappings .groups { margin: .3rem 0 .6rem; }
.notice { margin: .5rem 0; padding: .5rem .8rem; border-inline-start: 4px solid #c77700; border-radius: 6px;
  background: var(--code); overflow-wrap: anywhere; }
ul.notice { padding-inline-start: 2rem; }
h3 { margin: 1.2rem 0 .4rem; font-size: .95rem; }
summary { margin: 1rem 0 .5rem; color: var(--accent); cursor: pointer; }
.alert.good { border-left-color: #1b6e3c; }
.alert { margin: 0 0 1rem; padding: .65rem .9rem; border-left: 4px solid #c0392b; border-radius: 6px;
  background: var(--code); }
.alert.good { border-left-color: var(--good); }
footer { margin-top: 1.6rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft);
  font-size: .82rem; }
@media (max-width: 30rem) { .single { padding: 0; place-content: start stretch; }
  .bar { padding: .6rem 1.25rem; } .visitor { margin-inline-start: 0; } .framed main { margin: 0; }
  dl { grid-template-columns: 1fr; gap: .1rem; } dd { margin-bottom: .6rem; }
  .framed.wide main { width: 100%; }
  main { min-height: 100vh; border: 0; border-radius: 0; padding: 1.5rem 1.25rem; } }
`;

/** The stylesheet as Content-Security-Policy names it. */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
