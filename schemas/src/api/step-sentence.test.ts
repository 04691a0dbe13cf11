import { expect, test } from 'vitest'
import { programBody } from './definitions.js'
import { sentencesOfStep } from './step-sentence.js'

const cases: [object, string, string][] = [
  [{ id: 'rest', wait: '1d' }, 'Waits 1 day', '1日待つ'],
  [{ id: 'morning', waitUntil: '09:30' }, 'Waits until 09:30', '09:30まで待つ'],
  [
    { id: 'reads', waitUntil: { touch: { page: '*/docs*' }, within: '14d' }, timeout: '2w' },
    'Waits until: had a touch on page “*/docs*” in the last 14 days; goes on after 2 weeks in any case',
    '次の条件まで待つ：直近14日にページ「*/docs*」での接点があった（遅くとも2週間後に進む）',
  ],
  [
    {
      id: 'who',
      branch: [
        { when: { trait: 'Title', op: 'eq', value: 'CTO' }, to: 'rest' },
        { when: { people: { op: 'gte', n: 3 } }, to: 'many' },
      ],
      else: 'end',
    },
    'Goes on → rest if Title is “CTO”; → many if has at least 3 people; else → end',
    'Titleが「CTO」であるなら→rest、関わる人が3人以上いるなら→many、それ以外→end',
  ],
  [{ id: 'tell', act: { webhook: 'crm', body: {} } }, 'Sends to crm', 'crmへ送る'],
  [
    { id: 'sales', act: { handOff: 'lead' } },
    'Hands off to sales, with the reasons of score lead',
    'スコアleadの理由を添えて営業に引き渡す',
  ],
  [{ id: 'mark', act: { addToSegment: 'hot' } }, 'Adds to segment hot', 'セグメントhotに加える'],
  [
    { id: 'note', act: { setTrait: { name: 'stage', value: { at: [1] } } } },
    'Sets stage to {"at":[1]}',
    'stageを{"at":[1]}にする',
  ],
  [{ id: 'end', exit: 'bought' }, 'Ends: bought', '終了：bought'],
]

test.each(cases)('a step %j says what it does', (step, en, ja) => {
  const { steps } = programBody.parse({ name: 'p', enter: { touch: {} }, steps: [step] })
  const [parsed] = steps
  expect(parsed === undefined ? undefined : sentencesOfStep(parsed)).toEqual({ en, ja })
})
