import { expect, test } from 'vitest'
import { onCluster } from './cluster-ddl.js'
import { identifier, literal, settingValue } from './sql-quoting.js'

test.each([
  ['plain', '`plain`', "'plain'"],
  ["o'brien", "`o'brien`", "'o\\'brien'"],
  ['tick`', '`tick\\``', "'tick`'"],
  ['back\\', '`back\\\\`', "'back\\\\'"],
])('%s ends neither a name nor a text', (text, name, quoted) => {
  expect(identifier(text)).toBe(name)
  expect(literal(text)).toBe(quoted)
  expect(settingValue(text)).toBe(quoted)
  expect(onCluster({ name: text })).toBe(` ON CLUSTER ${name}`)
})

test('a number in a setting is no text', () => {
  expect(settingValue(7)).toBe('7')
})
