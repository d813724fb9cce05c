/**
 * For `t.like`: these elements and no more. An array there stands for every array that begins like it, since AVA looks at
 * nothing but what the expected value has.
 */
export function exactly(...elements: readonly unknown[]): { readonly length: number } {
  return { ...elements, length: elements.length };
}
