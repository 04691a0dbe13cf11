/** Answers as JSON: checked and encoded by their zod schema, numbers as they were sent. */
import { serializerCompiler } from 'fastify-type-provider-zod'
import { writtenExactly } from '../exact-json.js'

export const exactSerializer: typeof serializerCompiler = (route) => {
  const serialize = serializerCompiler(route)
  return (answer) => writtenExactly(serialize(answer))
}
