/** Conditions as people read them. */
import { expect, test } from 'vitest'
import { condition, type Condition } from './conditions.js'
import { sentenceOf } from './sentence.js'

const cases: [Condition, en: string, ja: string][] = [
  [{ touch: { name: 'Demo Requested' } }, 'Had “Demo Requested”', '「Demo Requested」があった'],
  [
    {
      touch: { kind: 'visit', page: '/pricing*', channel: 'Paid Search' },
      count: { op: 'gte', n: 3 },
      within: '30d',
    },
    'Had a visit by way of Paid Search on page “/pricing*” at least 3 times in the last 30 days',
    '直近30日にチャネル「Paid Search」経由のページ「/pricing*」での訪問が3回以上あった',
  ],
  [
    { touch: {}, count: { op: 'gte', n: 2 }, distinct: 'day', by: 'same person' },
    'Had a touch with at least 2 different days by one and the same person',
    '同じ人による接点が2日以上あった',
  ],
  [
    {
      all: [
        { accountTrait: 'employees', op: 'gte', value: 200 },
        {
          any: [
            { trait: 'role', op: 'eq', value: 'CTO' },
            { trait: 'role', op: 'exists', value: false },
          ],
        },
      ],
    },
    'The account’s employees is at least 200 and (role is “CTO” or role is not known)',
    'アカウントのemployeesが200以上である、かつ（roleが「CTO」である、またはroleがわかっていない）',
  ],
  [
    {
      not: {
        sequence: [{ name: 'Signed Up' }, { name: 'Bought' }],
        within: '14d',
        without: [{ kind: 'email' }],
      },
    },
    'Not so: had “Signed Up”, then “Bought” within 14 days without an email between them',
    '「14日以内に「Signed Up」、次に「Bought」の順に、間にメールをはさまずあった」ということはない',
  ],
  [
    { stage: 'education', op: 'is', for: '1d' },
    'Is in stage “education” for at least 1 day',
    '1日以上ステージ「education」にいる',
  ],
  [
    { stage: 'education', op: 'before' },
    'Has not reached stage “education”',
    'ステージ「education」に到達していない',
  ],
  [{ score: 'fit', op: 'gte', n: 60 }, 'Score “fit” is at least 60', 'スコア「fit」が60以上である'],
  [{ segment: 'hot' }, 'Is in segment “hot”', 'セグメント「hot」に入っている'],
  [
    { silentFor: '2w', direction: 'inbound' },
    'Has said nothing for 2 weeks',
    '2週間以上相手からの連絡がない',
  ],
  [{ people: { op: 'gte', n: 1 } }, 'Has at least 1 person', '関わる人が1人以上いる'],
  [{ firstSeen: { within: '12h' } }, 'Was first seen in the last 12 hours', '直近12時間に初めて現れた'],
  [
    {
      touch: { name: 'Deal Won', where: [{ property: 'plan', op: 'in', value: ['pro', 'max'] }] },
      between: ['2026-01-01', '2026-02-01'],
    },
    'Had “Deal Won” whose plan is one of “pro”, “max” from 2026-01-01 to before 2026-02-01',
    '2026-01-01から2026-02-01の前までにplanが「pro」、「max」のいずれかである「Deal Won」があった',
  ],
]

test.each(cases)('%j', (one, en, ja) => {
  expect(condition.parse(one)).toEqual(one)
  expect(sentenceOf(one, 'en')).toBe(en)
  expect(sentenceOf(one, 'ja')).toBe(ja)
})
