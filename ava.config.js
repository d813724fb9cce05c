export default {
  extensions: ["ts"],
  files: ["test/**/*.test.ts"],
  timeout: "10m",
};
