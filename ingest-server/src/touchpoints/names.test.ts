import { expect, test } from 'vitest'
import { comparableName } from './names.js'

test.each([
  ['Demo Requested', 'demo_requested'],
  ['demoRequested', 'Demo/Requested!'],
  ['ＤＥＭＯ　requested', 'Demo: Requested…'],
  ['Élan', 'E\u0301LAN'],
  ['STRASSE', 'Straße'],
  ['ΟΔΟΣ', 'οδος'],
  ['ﬁnished', 'Finished'],
  ['Sign‑Up', 'sign-up'],
  ['हिन्दी फ़ॉर्म', 'हिन्दी_फ़ॉर्म'],
])('%s is %s', (a, b) => {
  expect(comparableName(a)).toBe(comparableName(b))
})

test.each([
  ['C', 'C++'],
  ['C#', 'C'],
  ['Plan A+', 'Plan A-'],
  ['10%', '10'],
  ['R&D', 'RD'],
  ['हिन्दी', 'हनद'],
  ['か', 'が'],
  ['Élan', 'Elan'],
  ['kapı', 'kapi'],
  ['Step 1', 'Step 2'],
])('%s is not %s', (a, b) => {
  expect(comparableName(a)).not.toBe(comparableName(b))
})

test.each(['???', ' … ', '🎉', '$'])('%s has nothing to compare', (name) => {
  expect(comparableName(name)).toBe('')
})
