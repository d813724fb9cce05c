const style = `
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f4f4;
         font: 16px/1.5 system-ui, sans-serif; color: #1d1d21 }
  main { background: #fff; border: 1px solid #d8d8d8; border-radius: 6px; padding: 2rem 2.5rem; width: 20rem }
  h1 { font-size: 1.25rem; margin: 0 0 1.25rem; text-align: center }
  label { display: block; font-weight: 600; font-size: .875rem; margin-top: .9rem }
  input { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem .6rem; border: 1px solid #8c8c96;
          border-radius: 4px }
  button { width: 100%; margin-top: 1.5rem; padding: .6rem; font: inherit; font-weight: 600; color: #fff;
           background: #1662dd; border: 0; border-radius: 4px; cursor: pointer }
  [role=alert] { border: 1px solid #e34843; border-left-width: 4px; border-radius: 4px; padding: .6rem .8rem }
  footer { margin-top: 1.5rem; font-size: .8rem; color: #6e6e78; text-align: center }
`;

/** Headers for every page: nothing is loaded, nothing runs, nobody frames it. */
export const pageHeaders = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export function signInPage({
  organization,
  app,
  username,
  refusal,
}: {
  organization: string;
  app: string;
  username: string;
  refusal?: string | undefined;
}): string {
  return page(
    organization,
    `<h1>Sign in to ${escapeHtml(app)}</h1>
    ${refusal === undefined ? "" : `<p role="alert">${escapeHtml(refusal)}</p>`}
    <form method="post">
      <label for="username">Username</label>
      <input id="username" name="username" autocomplete="username" value="${escapeHtml(username)}" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button>Sign in</button>
    </form>`,
  );
}

export function errorPage(organization: string, message: string): string {
  return page(
    organization,
    `<h1>Your request resulted in an error</h1><p role="alert">${escapeHtml(message)}</p>`,
  );
}

export function signedOutPage(organization: string): string {
  return page(organization, "<h1>You are signed out</h1><p>Sign in again from the application.</p>");
}

function page(organization: string, main: string): string {
  const title = escapeHtml(organization);
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} - Sign in</title>
  <style>${style}</style>
</head>
<body>
  <main>
    ${main}
    <footer>${title}. A stand-in for Okta, for development and tests.</footer>
  </main>
</body>
</html>
`;
}

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}
