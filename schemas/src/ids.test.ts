import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emailFrom, idFrom, isIllegalId, kindOf } from './ids.js'
import { limits } from './limits.js'

const illegal = [
  '',
  'null',
  'undefined',
  'none',
  'nan',
  'true',
  'false',
  '0',
  '-1',
  '[object Object]',
  'anonymous',
  'guest',
  'unknown',
  'n/a',
  'nil',
  'id',
  'email',
  'distinct_id',
  'distinctid',
  'not_authenticated',
  '00000000-0000-0000-0000-000000000000',
  '000',
  '-',
  '---',
  '0-0',
  ...[
    '(null)',
    'Optional(nil)',
    '<null>',
    '<nil>',
    '%!s(<nil>)',
    '[]',
    '{}',
    '[object Promise]',
    '-Infinity',
  ],
  ...[
    '{{ user.id }}',
    '{{customer.id}}',
    '${userId}',
    '#{user.id}',
    '{userId}',
    '<%= @user.id %>',
    '<userId>',
  ],
  ...['%USER_ID%', '%%user_id%%', '__USER_ID__', '[[user]]', '[userId]', '{% user %}', '<AnonymousUser>'],
  ...['anonymousUser', 'not_logged_in', 'logged out', '(not set)', 'anon', 'NA', '#N/A', 'user_id', 'userId'],
  ...['undefined-undefined', 'null null', 'user_undefined', 'customer:null', 'org/undefined/user/none'],
  ...['(none)', 'n.a.', '#REF!', String.raw`\N`, 'void', '?', '***', '&nbsp;', 'not available', 'missing'],
  ...['session', 'sessionId', 'no-session', 'No Session', 'expired'],
  ...['$userId', ':id', '@user_id', '() => id', 'Symbol(id)', 'function () {}', 'async function f(x)'],
  ...['0.0', '+0', '0.00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '9774d56d682e549c'],
]

describe('ids', () => {
  test.each(illegal)('"%s" names nobody, however it is dressed', (word) => {
    for (const dressed of [
      word,
      word.toUpperCase(),
      ` ${word} `,
      `"${word}"`,
      `' ${word} '`,
      ` \`${word}\`\n`,
    ]) {
      expect([dressed, idFrom(dressed)]).toEqual([dressed, undefined])
    }
  })

  test.each([
    'a',
    '1',
    '01',
    '-2',
    'Anonymous1',
    'null-1',
    'u:1',
    'nobody@acme.com',
    '0a',
    'ид',
    '😀',
    '00000000-0000-0000-0000-000000000001',
    '{6F9619FF-8B86-D011-B42D-00CF4FC964FF}',
    'ffffffff-ffff-4fff-8fff-fffffffffff0',
    '$device:19b8a7c2-5d1f-4b7f-9a51-7c0f1b1f2a3c',
    'undefined-1',
    'nullius',
    'user-nana',
    '0.5',
    '<User: 1>',
    '100%',
    '#42',
    'session-9f',
    '$42',
    '@ada',
    'functional',
  ])('"%s" is an id', (id) => {
    expect(idFrom(id)).toBe(id)
  })

  test('blanks around an id are not part of it, letter case is', () => {
    expect(idFrom('  u1\n')).toBe('u1')
    expect(idFrom('U1')).not.toBe(idFrom('u1'))
  })

  test('a number equals its text, as far as it can be trusted', () => {
    expect(idFrom(42)).toBe(idFrom('42'))
    expect(idFrom(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991')
    for (const number of [2 ** 53, -(2 ** 53), Infinity, NaN, 0, -1]) expect(idFrom(number)).toBeUndefined()
  })

  test.each([['a\u0000b'], ['a\nb'], ['a\ud800'], ['\udc00a'], [null], [undefined], [{}], [['u1']], [true]])(
    '%j is no id',
    (value) => {
      expect(idFrom(value)).toBeUndefined()
    },
  )

  test('500 characters are an id, 501 are not', () => {
    expect(idFrom('x'.repeat(limits.idLength))).toHaveLength(limits.idLength)
    expect(idFrom('x'.repeat(limits.idLength + 1))).toBeUndefined()
  })

  test('what is an id once stays the same id', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const id = idFrom(text)
        if (id !== undefined) expect([idFrom(id), isIllegalId(id)]).toEqual([id, false])
      }),
    )
  })
})

describe('emails', () => {
  test.each(['o.brien@acme.ie', "o'brien@acme.ie", 'guest@acme.com', 'nonee@acme.com', 'a@b.acme.co.uk'])(
    '%s is one',
    (address) => {
      expect(emailFrom(address)).toBe(address)
    },
  )

  test('are trimmed and lower-cased', () => {
    expect(emailFrom(' Ada.Lovelace+x@Mail.Acme.COM ')).toBe('ada.lovelace+x@mail.acme.com')
  })

  test.each([
    '',
    'ada',
    'ada@',
    '@acme.com',
    'ada@acme',
    'a b@acme.com',
    'ada@ac me.com',
    'a@b@acme.com',
    'a,b@acme.com',
    'ada@acme.c',
    `${'x'.repeat(250)}@acme.com`,
    'a\u0000@acme.com',
    'ada@acme..com',
    'ada@.acme.com',
    'j***@acme.com',
    '{{user.email}}@acme.com',
    '{{ user.email }}',
    '＜ada@acme.com＞',
    'null@null.com',
    'undefined@acme.com',
    'noemail@noemail.com',
    "'ann@acme.com'",
    'no-email@acme.com',
  ])('"%s" is none', (text) => {
    expect(emailFrom(text)).toBeUndefined()
  })
})

test('the kind of an identifier is what stands before the first colon', () => {
  expect(kindOf('user:a:b')).toBe('user')
  expect(kindOf('anon:x')).toBe('anon')
  expect(kindOf('email:a@b.co')).toBe('email')
  expect(kindOf('account:x')).toBeUndefined()
  expect(kindOf('user')).toBeUndefined()
})
