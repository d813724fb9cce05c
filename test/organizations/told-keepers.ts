import type { Organization } from "../../crds/types.ts";
import type { Change } from "../../kubernetes/index.ts";
import { Keepers } from "../../organizations/keepers.ts";

type Options = Omit<ConstructorParameters<typeof Keepers>[0], "organizations">;

/** What a release knows of who keeps what, by what it is told of organizations. */
export function toldKeepers(options: Options): {
  keepers: Keepers;
  tell: (change: Change<Organization>) => void;
} {
  let heard: (change: Change<Organization>) => void = () => {};
  const organizations = {
    subscribe: (listener: typeof heard) => {
      heard = listener;
      return () => {};
    },
  };
  return { keepers: new Keepers({ organizations, ...options }), tell: (change) => heard(change) };
}
