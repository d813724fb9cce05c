import test from "ava";
import { productInProcess } from "../product-in-process.ts";
import { everything, granted, ownAccounts, usesExactly, verbsOf } from "./rights.ts";

test("in one pod, the programs' common account uses every right that it is given, and needs no other", async (t) => {
  const product = await productInProcess(t);
  await everything(product);
  await usesExactly(t, product.taps.webhook, await granted("operator", "webhook"));
});

test("in pods of their own, each program's account uses every right that it is given, and needs no other", async (t) => {
  const product = await productInProcess(t, { rights: await ownAccounts() });
  await everything(product);
  for (const program of ["operator", "webhook"] as const)
    await usesExactly(t, product.taps[program], await granted(program));
});

test("where admins may save mappings, the webhook's account uses what it is given for that, and needs no other", async (t) => {
  const rights = await ownAccounts({ editMappings: true });
  const product = await productInProcess(t, { rights });
  await everything(product);
  t.is(await product.saveMapping("web"), 303);
  t.is(await product.saveMapping(""), 303, "and deletes it");
  await usesExactly(t, product.taps.webhook, verbsOf(rights.webhook));
  await usesExactly(t, product.taps.operator, await granted("operator"));
});
