export default {
  extensions: ["ts"],
  files: ["test/dev/{bundle,sbom}.test.ts"],
  workerThreads: false,
  timeout: "3m",
};
