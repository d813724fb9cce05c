import { Html, type HtmlValue, html } from "./html.ts";
import { STYLE } from "./style.ts";

/** A page before it is sent. */
export interface Page {
  readonly title: string;
  /** The organization it is about, as people know it. */
  readonly organization?: string | undefined;
  readonly body: HtmlValue;
  /** What stands above the content, on pages that belong together. */
  readonly frame?: HtmlValue;
  /** For tables: as wide as the window allows. */
  readonly wide?: boolean | undefined;
  /** Addresses of scripts of our own. */
  readonly scripts?: readonly string[] | undefined;
  /** Where the browser goes on to from here by itself, without a script. */
  readonly goesOnTo?: string | undefined;
}

const style = Html.style(STYLE);

/** A whole document. The request id is what somebody can quote to those who read the log. */
export function layout(page: Page, requestID: string): string {
  const { title, organization, body, frame, wide, scripts = [], goesOnTo } = page;
  const kind = frame === undefined ? "single" : wide ? "framed wide" : "framed";
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}${organization && ` · ${organization}`}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${goesOnTo !== undefined && html`<meta http-equiv="refresh" content="0; url=${goesOnTo}">`}
<link rel="icon" href="data:,">
${style}
${scripts.map((address) => html`<script type="module" src="${address}"></script>`)}
</head>
<body class="${kind}">
${frame}
<main id="content">
${frame === undefined && organization && html`<p class="organization" dir="auto">${organization}</p>`}
<h1 dir="auto">${title}</h1>
${body}
<footer>Request <code>${requestID}</code></footer>
</main>
</body>
</html>
`.toString();
}
