// What copies of alerts are called on event buses, for those who send and those who read them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html

export const EVENT_SOURCE = 'strongroom';
/** Of findings on their way to the bank's home region: a bank may send its other copies to the very same bus. */
export const HOME_SOURCE = 'strongroom.region';
export const DETAIL_TYPE = 'Strongroom Finding';
