import { ClickHouseError } from '@clickhouse/client'
import { expect, test } from 'vitest'
import { classifyError } from './classify-error.js'

test.each([
  ['745', 'SERVER_OVERLOADED', 'server'],
  ['173', 'CANNOT_ALLOCATE_MEMORY', 'server'],
  ['241', 'MEMORY_LIMIT_EXCEEDED', 'memory'],
  ['9999', 'SOMETHING_NEW', 'unclear'],
])('no line is set aside for what the machine does: %s %s', (code, type, fault) => {
  expect(classifyError(new ClickHouseError({ message: 'CPU is overloaded', code, type }))).toBe(fault)
})
