/** The sentences of the layout. npm run generate writes them into CONTRIBUTING.md, too. */

/** About the imports of some folders' files: what they may import alone, or what they never import. */
export interface ImportSentence {
  readonly text: string;
  /** The folders that it is about. */
  readonly of: readonly string[];
  /** Folders in them that it isn't about. */
  readonly except?: readonly string[];
  /** Of the project's folders, its files import these alone. */
  readonly only?: readonly string[];
  /** Its files import none of these: folders (with a slash at the end) and packages. */
  readonly never?: readonly string[];
  /** It is about what is loaded at run time; types may be imported. */
  readonly atRunTime?: true;
}

/** What runs in a cluster, from the bottom up. */
export const PRODUCT: readonly string[] = [
  "kubernetes/",
  "crds/",
  "identity/",
  "okta/",
  "organizations/",
  "operator/",
  "webhook/",
];

/** The one folder that has sentences of its own, apart from those of the folder that it is in. */
export const STORES = "identity/stores/";

/** Every folder that has programs. */
export const FOLDERS: readonly string[] = [...PRODUCT, "charts/", "docs/", "dev/", "bench/", "test/"];

const IDENTITY =
  "identity/ imports nothing above it and, identity/stores/ aside, neither kubernetes/ nor crds/.";
const EACH_OTHER = "operator/ and webhook/ never import each other.";
const NOT_THE_PRODUCT =
  "The product imports none of dev/, bench/ and test/, dev/ neither of the other two, bench/ not test/.";

export const ON_IMPORTS: readonly ImportSentence[] = [
  { text: "kubernetes/ imports nothing outside itself.", of: ["kubernetes/"], only: ["kubernetes/"] },
  { text: "crds/ imports nothing but kubernetes/.", of: ["crds/"], only: ["crds/", "kubernetes/"] },
  { text: IDENTITY, of: ["identity/"], except: [STORES], only: ["identity/"] },
  { text: IDENTITY, of: [STORES], only: ["identity/", "kubernetes/", "crds/"] },
  {
    text: "What access means knows no store: identity/ imports identity/stores/ nowhere.",
    of: ["identity/"],
    except: [STORES],
    never: [STORES],
  },
  {
    text: "okta/ imports identity/ at most: it knows neither kubernetes/ nor crds/ nor Express.",
    of: ["okta/"],
    only: ["okta/", "identity/"],
    never: ["@kubernetes/client-node", "express", "express-rate-limit"],
  },
  {
    text: "organizations/ imports crds/, identity/, okta/ and kubernetes/, and never a program.",
    of: ["organizations/"],
    only: ["organizations/", "crds/", "identity/", "okta/", "kubernetes/"],
  },
  { text: EACH_OTHER, of: ["operator/"], never: ["webhook/"] },
  { text: EACH_OTHER, of: ["webhook/"], never: ["operator/"] },
  { text: "Routes never import routes.", of: ["webhook/routes/"], never: ["webhook/routes/"] },
  {
    text: "Only kubernetes/ (and what tests it) imports @kubernetes/client-node at run time.",
    of: FOLDERS,
    except: ["kubernetes/", "test/kubernetes/"],
    never: ["@kubernetes/client-node"],
    atRunTime: true,
  },
  { text: NOT_THE_PRODUCT, of: [...PRODUCT, "charts/"], never: ["dev/", "bench/", "test/"] },
  { text: NOT_THE_PRODUCT, of: ["dev/"], never: ["bench/", "test/"] },
  { text: NOT_THE_PRODUCT, of: ["bench/"], never: ["test/"] },
];

/** It runs the tests that it is told to. */
export const RUNS_TESTS = "dev/mutants/quick-process.ts";

/** What holds of every file. */
export const ON_FILES = {
  circle: "Files never import each other in a circle, not even for types.",
  written:
    "The name of what is imported is written out, but where dev/mutants/ runs tests: nobody can follow one that only shows at run time.",
  words:
    "kubernetes/ has no word of the product (okta, organization, mapping), not even in a comment: it could be anybody's.",
  name: "No file or folder is named utils, helpers, common or misc.",
  folder: `Programs are in ${FOLDERS.join(", ")}.`,
  mention: "A file that a page or a comment names is there.",
} as const;
