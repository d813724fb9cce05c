import test from "ava";
import { ProxyUrlError, proxyFrom } from "../../../okta/http/proxy.ts";

test("the proxy is what the environment names, in large letters before small ones", (t) => {
  const [one, another] = ["http://user:secret@proxy.example.com:3128", "https://proxy.example.com"];
  for (const [environment, proxy] of [
    [{}, undefined],
    [{ HTTPS_PROXY: "", https_proxy: "" }, undefined],
    [{ HTTP_PROXY: one, NO_PROXY: "x" }, undefined],
    [{ HTTPS_PROXY: one }, { url: one, noProxy: "" }],
    [{ https_proxy: another }, { url: another, noProxy: "" }],
    [
      { HTTPS_PROXY: "", https_proxy: one },
      { url: one, noProxy: "" },
    ],
    [
      { HTTPS_PROXY: one, https_proxy: another },
      { url: one, noProxy: "" },
    ],
    [
      { HTTPS_PROXY: one, NO_PROXY: "a", no_proxy: "b" },
      { url: one, noProxy: "a" },
    ],
    [
      { HTTPS_PROXY: one, NO_PROXY: "", no_proxy: "b" },
      { url: one, noProxy: "b" },
    ],
  ] as const)
    t.deepEqual(proxyFrom(environment), proxy, JSON.stringify(environment));
});

test("a proxy that can't be used is an error at start, which doesn't tell the password", (t) => {
  for (const HTTPS_PROXY of [
    "socks5://user:secret@proxy:1080",
    "proxy.example.com:3128",
    "user:secret@proxy",
  ]) {
    const error = t.throws(() => proxyFrom({ HTTPS_PROXY }), { instanceOf: ProxyUrlError });
    t.notRegex(error.message, /secret/);
  }
});
