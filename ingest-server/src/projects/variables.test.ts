import { expect, test } from 'vitest'
import { variablesOf } from './variables.js'

const project = (id: string, variables?: string[]) => ({
  id,
  identify: 'open' as const,
  ...(variables && { variables }),
})
const read = (name: string) => (name === 'UNSET' ? undefined : `value of ${name}`)
const names = [
  'OURS',
  'SHOP_CRM',
  'SHOP_PAY',
  'BLOG_CRM',
  'NEW_CRM',
  'NEW_EU_CRM',
  'NEWS_CRM',
  'NEW_KEY',
  'UNSET',
]

test.each([
  [
    'the default project: what no other lists',
    'default',
    undefined,
    ['OURS', 'NEW_CRM', 'NEW_EU_CRM', 'NEWS_CRM'],
  ],
  ['the default project with a list: that', 'default', ['BLOG_*'], ['BLOG_CRM']],
  ['a project with a list: that, by its beginning or whole', 'shop', undefined, ['SHOP_CRM', 'SHOP_PAY']],
  ['a project with another list', 'blog', undefined, ['BLOG_CRM', 'NEW_KEY']],
  ['a project without one: what begins with its id and is in no list', 'new', undefined, ['NEW_CRM']],
  ['a project whose id is longer', 'new-eu', undefined, ['NEW_EU_CRM']],
  ['a project that is gone: nothing', 'gone', undefined, []],
] as const)('%s', (_what, id, ofDefault, allowed) => {
  const projects = [
    project('default', ofDefault && [...ofDefault]),
    project('shop', ['SHOP_*']),
    project('blog', ['BLOG_CRM', 'NEW_KEY', 'UNSET']),
    project('new'),
    project('new-eu'),
  ]
  const value = variablesOf({ all: () => projects }, read)
  expect(names.filter((name) => value(name, id) !== undefined)).toEqual(allowed)
})
