import type { RequestHandler } from "express";
import { assetAddress } from "../console/assets.ts";
import type { Guard } from "../console/guard.ts";
import { sendPage } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import { settingsPage } from "../pages/console/settings.ts";

export interface SettingsDeps {
  readonly guard: Guard;
  readonly organizations: Pick<Organizations, "loginURI" | "callbackURI" | "eventHookURI">;
}

/** GET /login/:path/settings - how the organization is connected with Okta, and whether all of it works. For admins. */
export function settings({ guard, organizations }: SettingsDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const { organization } = visitor;
    const { eventHook } = organization.spec.okta;
    const addresses = {
      login: organizations.loginURI(organization),
      callback: organizations.callbackURI(organization),
      eventHook: eventHook && organizations.eventHookURI(organization),
    };
    const page = settingsPage(visitor, addresses, [assetAddress("copy")]);
    sendPage(req, res, 200, page);
  };
}
