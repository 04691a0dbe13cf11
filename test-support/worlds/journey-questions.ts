/** Every aggregated question over the invented company: path of the OpenAPI document → an address of it, and a body. */
const funnel = { steps: [{ name: 'Visit', touch: { kind: 'visit' } }] }

export type AskedQuestion = readonly [url: string, body?: object]

export const journeyQuestions: Readonly<Record<string, AskedQuestion>> = {
  '/v1/accounts': ['/v1/accounts?sort=touches'],
  '/v1/people': ['/v1/people'],
  '/v1/stages': ['/v1/stages'],
  '/v1/stages/subjects': ['/v1/stages/subjects?stage=discovery'],
  '/v1/accounts/{id}/stages': ['/v1/accounts/acme/stages'],
  '/v1/people/{id}/stages': ['/v1/people/ann/stages'],
  '/v1/stages/content': ['/v1/stages/content'],
  '/v1/stages/content/subjects': ['/v1/stages/content/subjects?row=unmapped'],
  '/v1/attribution': ['/v1/attribution?goal=won&model=markov'],
  '/v1/attribution/subjects': ['/v1/attribution/subjects?goal=won&row=Email'],
  '/v1/journeys/summary': ['/v1/journeys/summary'],
  '/v1/journeys/summary/subjects': ['/v1/journeys/summary/subjects'],
  '/v1/journeys/gaps': ['/v1/journeys/gaps'],
  '/v1/paths': ['/v1/paths?goal=won'],
  '/v1/paths/subjects': ['/v1/paths/subjects?row=Email'],
  '/v1/funnels/query': ['/v1/funnels/query', funnel],
  '/v1/funnels/query/subjects': ['/v1/funnels/query/subjects?row=Visit', funnel],
  '/v1/icp': ['/v1/icp'],
  '/v1/icp/subjects': ['/v1/icp/subjects?row=industry%3Dretail'],
  '/v1/personas': ['/v1/personas'],
  '/v1/personas/subjects': ['/v1/personas/subjects?row=technical'],
  '/v1/metrics/lifecycle': ['/v1/metrics/lifecycle?split=channel'],
  '/v1/metrics/lifecycle/subjects': ['/v1/metrics/lifecycle/subjects?row=active'],
}

export const companyTouchRules = { rules: [{ touch: { kind: 'visit' }, stage: 'discovery' }] }
