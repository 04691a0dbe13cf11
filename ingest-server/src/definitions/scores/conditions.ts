/** Conditions about scores: `{ "score": "lead", "op": "gte", "n": 60 }`. */
import type { ScoreBody } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Compiling, LeafOf, ScoreConditions } from '../sql/compiling.js'
import { meant } from '../nearest.js'
import { holdsForNobody, scoreHolds, scoreSteps } from './total.js'

function bodyOf({ score }: LeafOf<'score'>, { references }: Compiling): ScoreBody {
  const found = references.scores.get(score)
  if (found !== undefined) return found.body
  const names = [...references.scores.keys()]
  throw new TouchlineError('QUERY_INVALID', `score ${score}: there is no such score${meant(score, names)}`)
}

export const scoreConditions: ScoreConditions = {
  holds: (condition, compiling) => scoreHolds(bodyOf(condition, compiling), condition, compiling),
  steps(condition, compiling) {
    const body = bodyOf(condition, compiling)
    const isOwn = body.subject === compiling.subject
    return { sql: scoreSteps(body, condition, compiling), initial: isOwn && holdsForNobody(condition) }
  },
}
