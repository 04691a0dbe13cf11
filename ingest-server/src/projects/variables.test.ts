import { expect, test } from 'vitest'
import { variablesOf } from './variables.js'

const project = (id: string, variables?: string[]) => ({
  id,
  identify: 'open' as const,
  ...(variables && { variables }),
})
const read = (name: string) => (name === 'UNSET' ? undefined : `value of ${name}`)
const names = ['OURS', 'SHOP_CRM', 'SHOP_PAY', 'BLOG_CRM', 'UNSET']

test.each([
  ['the default project: what no other lists', 'default', undefined, ['OURS']],
  ['the default project with a list: that', 'default', ['BLOG_*'], ['BLOG_CRM']],
  ['a project with a list: that, by its beginning or whole', 'shop', undefined, ['SHOP_CRM', 'SHOP_PAY']],
  ['a project with another list', 'blog', undefined, ['BLOG_CRM']],
  ['a project without one: nothing', 'new', undefined, []],
  ['a project that is gone: nothing', 'gone', undefined, []],
] as const)('%s', (_what, id, ofDefault, allowed) => {
  const projects = [
    project('default', ofDefault && [...ofDefault]),
    project('shop', ['SHOP_*']),
    project('blog', ['BLOG_CRM', 'UNSET']),
    project('new'),
  ]
  const value = variablesOf({ all: () => projects }, read)
  expect(names.filter((name) => value(name, id) !== undefined)).toEqual(allowed)
})
