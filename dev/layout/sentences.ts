/** The sentences of the layout that are about imports. CONTRIBUTING.md tells them to people. */

/** About the imports of some folders' files: what they may import alone, or what they never import. */
export interface Sentence {
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
const PRODUCT = ["kubernetes/", "crds/", "identity/", "okta/", "organizations/", "operator/", "webhook/"];

/** Every folder that has programs. */
export const FOLDERS: readonly string[] = [...PRODUCT, "charts/", "dev/", "bench/", "test/"];

const IDENTITY =
  "identity/ imports nothing above it and, identity/stores/ aside, neither kubernetes/ nor crds/.";
const EACH_OTHER = "operator/ and webhook/ never import each other.";
const NOT_THE_PRODUCT =
  "dev/, bench/ and test/ are imported by nobody above them, least of all by the product.";

export const SENTENCES: readonly Sentence[] = [
  { text: "kubernetes/ imports nothing outside itself.", of: ["kubernetes/"], only: ["kubernetes/"] },
  { text: "crds/ imports nothing but kubernetes/.", of: ["crds/"], only: ["crds/", "kubernetes/"] },
  { text: IDENTITY, of: ["identity/"], except: ["identity/stores/"], only: ["identity/"] },
  { text: IDENTITY, of: ["identity/stores/"], only: ["identity/", "kubernetes/", "crds/"] },
  {
    text: "What access means knows no store: identity/ imports identity/stores/ nowhere.",
    of: ["identity/"],
    except: ["identity/stores/"],
    never: ["identity/stores/"],
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
