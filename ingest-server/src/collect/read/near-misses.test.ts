import { describe, expect, test } from 'vitest'
import { nearMisses } from './near-misses.js'

describe('a field under another name is named, with the one that is read', () => {
  test.each([
    [{ user_id: 'u' }, 'user_id', 'userId'],
    [{ UserID: 'u' }, 'UserID', 'userId'],
    [{ anonymous_id: 'a', userId: 'u' }, 'anonymous_id', 'anonymousId'],
    [{ userId: 'u', time: 1 }, 'time', 'timestamp'],
    [{ userId: 'u', $timestamp: 1 }, '$timestamp', 'timestamp'],
    [{ userId: 'u', props: {} }, 'props', 'properties'],
    [{ userId: 'u', Properties: {} }, 'Properties', 'properties'],
    [{ userId: 'u', user_properties: {} }, 'user_properties', 'traits'],
    [{ userId: 'u', messageid: 'm' }, 'messageid', 'messageId'],
    [{ distinct_id: 'u' }, 'distinct_id', 'userId or anonymousId'],
  ])('%o', (event, name, read) => {
    expect(nearMisses(event)).toBe(`"${name}" is not read; ${read} is.`)
  })

  test('what SDKs send besides, and what stands there twice, needs no word', () => {
    const fromSdk = {
      type: 'track',
      event: 'E',
      userId: 'u',
      integrations: {},
      channel: 'web',
      rudderId: 'r',
    }
    expect(nearMisses(fromSdk)).toBeUndefined()
    expect(nearMisses({ userId: 'u', user_id: 'u', timestamp: 1, time: 1, color: 'red' })).toBeUndefined()
  })
})

describe('an id that was sent and is none is said, nothing sent is not', () => {
  test.each([
    [{ userId: 'undefined', anonymousId: 'a' }, 'userId names nobody'],
    [{ userId: '{{ user.id }}', anonymousId: 'a' }, 'userId names nobody'],
    [{ userId: 2 ** 60, anonymousId: 'a' }, 'userId is a number beyond 2^53'],
    [{ userId: { id: 1 }, anonymousId: 'a' }, 'userId must be text or a number'],
    [{ userId: 'u', anonymousId: ['a'] }, 'anonymousId must be text or a number'],
  ])('%o', (event, said) => {
    expect(nearMisses(event)).toContain(said)
    expect(nearMisses(event)).toContain('was not taken')
  })

  test.each([{ userId: '', anonymousId: 'a' }, { userId: null, anonymousId: 'a' }, { anonymousId: 'a' }])(
    '%o',
    (event) => {
      expect(nearMisses(event)).toBeUndefined()
    },
  )
})
