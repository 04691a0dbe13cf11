import { sentencesOf, type DefinitionAnswer } from '@touchline/schemas/api'
import { toDefinition, type StoredVersion } from '../../definitions/documents/read.js'
import { conditionsOfBody, pathText } from '../../definitions/walk.js'
import { isoTime } from '../../clock.js'

/** A stored version as HTTP answers it, with its conditions as sentences. */
export function toAnswer(stored: StoredVersion): DefinitionAnswer {
  const { kind, id, version, name, author, at, note, isDeleted } = stored
  const body = JSON.parse(stored.body) as Record<string, unknown>
  const parsed = isDeleted ? undefined : toDefinition(stored)
  const sentences =
    parsed === undefined
      ? []
      : conditionsOfBody(kind, parsed.body).map(({ path, condition }) => ({
          path: pathText(path),
          ...sentencesOf(condition),
        }))
  return {
    ...{ kind, id, version, name, body, author, at: isoTime(at), note },
    ...(isDeleted && { isDeleted }),
    ...(sentences.length > 0 && { sentences }),
  }
}
