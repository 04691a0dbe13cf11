import { endpoints } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { Answer } from '../../parts/answer.js'
import { AccountHead } from '../../map/around/account-head.js'
import { useMapAnswer } from '../../map/use-map-answer.js'
import { JourneyMapView } from '../../map/journey-map.js'
import { rangeParameters, useRange } from '../../url/range.js'
import { displayText } from '../../parts/text.js'
import type { ScreenProps } from '../screen.js'

/** S5: the account's journey. */
export default function Account({ params: { id = '' } }: ScreenProps) {
  const range = useRange('all')
  const whole = useResource(endpoints.map(id, rangeParameters(range)))
  const map = useMapAnswer(whole, (window) => endpoints.map(id, window))
  return (
    <Answer of={map}>
      {(answer) => (
        <>
          <AccountHead answer={answer} />
          <JourneyMapView
            answer={answer}
            overview={whole.data}
            title={displayText(answer.account.name)}
            isOld={map.isOld}
          />
        </>
      )}
    </Answer>
  )
}
