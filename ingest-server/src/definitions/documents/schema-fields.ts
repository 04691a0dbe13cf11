/** What a zod schema takes at a place: the fields of an object, the options of a union. Pure. */
import { z } from 'zod'
import type { Path } from '../walk.js'

/** Names of the fields of each object that may stand there: of a union one an option. */
export const fieldsAt = (schema: z.ZodType, path: Path): string[][] =>
  schemasAt(schema, path).flatMap((one) => (one instanceof z.ZodObject ? [Object.keys(one.shape)] : []))

/** The options of the union that stands there, in its order; none where none does. */
export function optionsAt(schema: z.ZodType, path: Path): z.ZodType[] {
  const parents = path.length === 0 ? [schema] : schemasAt(schema, path.slice(0, -1))
  const there = path.length === 0 ? parents : parents.flatMap((one) => within(one, path.at(-1) ?? ''))
  const union = there.map(bare).find((one) => one instanceof z.ZodUnion)
  return union === undefined ? [] : ([...union.options] as z.ZodType[])
}

/** Every schema that may stand there, of unions each option. */
const schemasAt = (schema: z.ZodType, path: Path): z.ZodType[] =>
  path.reduce<z.ZodType[]>(
    (found, part) => found.flatMap((one) => within(one, part)).flatMap(each),
    each(schema),
  )

/** What stands in it under a name or a number. */
function within(schema: z.ZodType, part: string | number): z.ZodType[] {
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.ZodType>
    return Object.hasOwn(shape, part) ? [shape[part] as z.ZodType] : []
  }
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType]
  return schema instanceof z.ZodRecord ? [schema.valueType as z.ZodType] : []
}

function each(schema: z.ZodType): z.ZodType[] {
  const one = bare(schema)
  return one instanceof z.ZodUnion ? (one.options as z.ZodType[]).flatMap(each) : [one]
}

/** Without what is only wrapped around it. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return bare(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodDefault) return bare(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodLazy) return bare(schema.unwrap() as z.ZodType)
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema
}
