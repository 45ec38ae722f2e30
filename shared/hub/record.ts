// What is used of a record that Lambda hands over from a Kinesis stream.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example
export interface KinesisRecord {
  /** `shard:sequence` */
  readonly eventID: string;
  readonly awsRegion: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    /** Seconds since the epoch. */
    readonly approximateArrivalTimestamp: number;
    /** base64 */
    readonly data: string;
  };
}
