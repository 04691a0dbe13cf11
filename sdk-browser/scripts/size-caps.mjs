/** Bytes after gzip -9: what each build should have, and what it must not exceed. */
export const caps = {
  t: { target: 3_700, cap: 4_608, holds: 'everything' },
  't.lite': { target: 2_750, cap: 3_200, holds: 'no forms, links, engagement, cross-domain' },
  't.core': { target: 1_750, cap: 2_100, holds: 'ids, queue, API' },
  stub: { target: 240, cap: 240, holds: 'keeps calls until the SDK is there' },
}
