/** A part of the SDK that records something by itself, and how the parts of a build begin. */
import { guard } from '../base/guard.js'
import { setMoment, type EarlyCall } from '../page/page.js'

export type Feature = () => void

/** They begin at the moment of the first early call: the first page view comes before what was called on that page. */
export const featuresOf =
  (features: readonly Feature[]) =>
  ([[, , first] = [] as unknown as EarlyCall]: readonly EarlyCall[]): void => {
    setMoment(first)
    features.forEach((feature) => guard(feature)())
  }
