// What `helm test` asks the release, through its Services, as other pods would. ARGV: the webhook's URL, then the base
// URLs of the health ports. A pod may have no shell, but it has Node.
const [webhook, ...health] = process.argv.slice(1);
let failed = 0;

async function check(what, url, expect) {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const problem = await expect(response, await response.text());
    if (problem) throw new Error(problem);
    console.log(`ok    ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${what}: ${url}: ${error.cause?.message ?? error.message}`);
  }
}

const status = (wanted) => (response, text) =>
  response.status === wanted ? undefined : `${response.status} instead of ${wanted}: ${text.slice(0, 300)}`;

for (const url of health) await check(`${url} is ready`, `${url}/readyz`, status(200));
await check("nobody is signed in without a cookie", `${webhook}/session`, (response, text) => {
  const { code } = response.status === 401 ? JSON.parse(text) : {};
  return code === "no-session" ? undefined : (status(401)(response, text) ?? `the code is ${code}`);
});
await check(
  "an unknown organization has no login page",
  `${webhook}/login/no-such-organization`,
  status(404),
);
process.exitCode = failed === 0 ? 0 : 1;
