import { SubjectLink } from '../../parts/behind.js'
import type { Kind } from './queries.js'

export function Examples({ examples, kind }: { examples: readonly string[]; kind: Kind }) {
  return (
    <ul class="examples">
      {examples.slice(0, 10).map((one) => (
        <li key={one}>
          <SubjectLink id={one} subject={kind} />
        </li>
      ))}
    </ul>
  )
}
