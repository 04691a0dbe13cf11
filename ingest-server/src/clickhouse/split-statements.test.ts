import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitStatements } from './split-statements.js'

test.each([
  ['SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
  ["SELECT ';'; SELECT 'it''s; fine'", ["SELECT ';'", "SELECT 'it''s; fine'"]],
  ["SELECT 'a\\';b'; SELECT 2", ["SELECT 'a\\';b'", 'SELECT 2']],
  ['SELECT `a;b`, "c;d"; SELECT 2', ['SELECT `a;b`, "c;d"', 'SELECT 2']],
  ["-- a; b's\nSELECT 1; -- last", ['SELECT 1']],
  ['SELECT /* a; b */ 1; SELECT 2', ['SELECT   1', 'SELECT 2']],
  ["SELECT '-- no comment'; SELECT '/* nor */'", ["SELECT '-- no comment'", "SELECT '/* nor */'"]],
  ['SELECT 1 - -1; SELECT 4 / 2', ['SELECT 1 - -1', 'SELECT 4 / 2']],
  [' ;; \n; ', []],
])('%j is cut into %j', (sql, statements) => {
  expect(splitStatements(sql)).toEqual(statements)
})

test('what stands in a string is never cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (texts) => {
      const statements = texts.map((text) => `SELECT '${text.replace(/[\\']/g, '\\$&')}'`)
      expect(splitStatements(statements.join(';\n'))).toEqual(statements)
    }),
  )
})
