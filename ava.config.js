export default {
  extensions: ["ts"],
  // esbuild's own process now and then keeps a worker thread from ending: what needs it is run by npm run test-bundle.
  files: ["test/**/*.test.ts", "!test/dev/{bundle,sbom}.test.ts"],
  timeout: "3m",
};
