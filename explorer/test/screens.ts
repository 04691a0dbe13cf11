/**
 * Screens by their deep link, with the answer that must stand on them over the company of support/acme.ts. Those that answer
 * questions over a whole company are opened over the demo, in questions.long.test.ts.
 */

export interface ScreenCase {
  /** As in the registry: `main[data-screen]`. */
  screen: string
  path: string
  /** What somebody came for; in Japanese where it has words. */
  answer: { en: RegExp; ja: RegExp }
}

export const screenCases: readonly ScreenCase[] = [
  {
    screen: 'accounts',
    path: '/accounts',
    answer: { en: /Acme[\s\S]*Conversion[\s\S]*34 days/, ja: /Acme[\s\S]*Conversion[\s\S]*34\s?日/ },
  },
  {
    screen: 'account',
    path: '/accounts/acme',
    answer: { en: /silent 34 days and counting/, ja: /沈黙 34\s?日・継続中/ },
  },
  {
    screen: 'account',
    path: '/accounts/acme?view=table',
    answer: { en: /Call with sales[\s\S]*our outreach/, ja: /Call with sales[\s\S]*当社から/ },
  },
  {
    screen: 'people',
    path: '/people',
    answer: { en: /Aiko Tanaka[\s\S]*34 days/, ja: /Aiko Tanaka[\s\S]*34\s?日/ },
  },
  {
    screen: 'person',
    path: '/people/user%3Au12',
    answer: { en: /Maria Silva[\s\S]*anonymous until/, ja: /Maria Silva[\s\S]*まで匿名/ },
  },
]
