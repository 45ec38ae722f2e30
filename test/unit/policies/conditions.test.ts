// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { holds, type Context } from '../../policies/conditions.ts';

const CONTEXT: Context = new Map([
  ['aws:sourcearn', ['arn:aws:logs:eu-central-1:111111111111:log-group:/app/payments']],
  ['aws:sourceaccount', ['111111111111']],
  ['aws:principalorgid', ['o-ours']],
  ['aws:securetransport', ['true']],
  ['s3:object-lock-remaining-retention-days', ['30']],
  ['aws:tagkeys', ['team', 'stage']],
]);

it.each([
  [{ StringEquals: { 'aws:SourceAccount': '111111111111' } }, true],
  [{ StringEquals: { 'AWS:sourceaccount': ['222222222222', '111111111111'] } }, true],
  [{ StringEquals: { 'aws:SourceAccount': '1111*' } }, false],
  [{ StringLike: { 'aws:SourceAccount': '1111*' } }, true],
  [{ StringNotEquals: { 'aws:SourceAccount': ['222222222222', '111111111111'] } }, false],
  [{ StringNotEquals: { 'aws:SourceAccount': ['222222222222', '333333333333'] } }, true],
  [{ StringNotLike: { 'aws:SourceAccount': '1*' } }, false],
  [{ StringEqualsIgnoreCase: { 'aws:PrincipalOrgID': 'O-OURS' } }, true],
  [{ StringEquals: { 'aws:PrincipalOrgID': 'O-OURS' } }, false],
  [{ ArnLike: { 'aws:SourceArn': 'arn:aws:logs:*:111111111111:*' } }, true],
  [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:logs:eu-central-1:*:log-group:/app/*' } }, true],
  // A wildcard stays inside its part.
  [{ ArnLike: { 'aws:SourceArn': 'arn:*:log-group:/app/payments' } }, false],
  [{ ArnNotEquals: { 'aws:SourceArn': 'arn:aws:logs:*:111111111111:*' } }, false],
  [{ Bool: { 'aws:SecureTransport': true } }, true],
  [{ Bool: { 'aws:SecureTransport': 'false' } }, false],
  [{ NumericGreaterThan: { 's3:object-lock-remaining-retention-days': 30 } }, false],
  [{ NumericGreaterThanEquals: { 's3:object-lock-remaining-retention-days': '30' } }, true],
  [{ NumericLessThan: { 's3:object-lock-remaining-retention-days': '100' } }, true],
  [{ Null: { 'aws:SourceAccount': 'false', 'aws:SourceVpce': 'true' } }, true],
  [{ Null: { 'aws:SourceAccount': 'true' } }, false],
  // Every condition must hold, of several values one.
  [{ StringEquals: { 'aws:SourceAccount': '111111111111' }, Bool: { 'aws:SecureTransport': 'false' } }, false],
  [{ StringEquals: { 'aws:SourceAccount': '${aws:SourceAccount}' } }, true],
  [{ StringEquals: { 'aws:SourceAccount': '${aws:PrincipalAccount}' } }, false],
  // A key that the request does not have.
  [{ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }, false],
  [{ StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } }, true],
  [{ StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } }, true],
  [{ StringNotEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } }, true],
  [{ StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-ours' } }, false],
  [{ Bool: { 'aws:ViaAWSService': 'false' } }, false],
  [{ BoolIfExists: { 'aws:ViaAWSService': 'false' } }, true],
  // Keys with several values.
  [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['stage', 'cost'] } }, true],
  [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stage', 'cost'] } }, false],
  [{ 'ForAllValues:StringLike': { 'aws:TagKeys': ['st*', 'te*'] } }, true],
  [{ 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] } }, false],
  [{ 'ForAllValues:StringEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] } }, true],
  [{ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['stage'] } }, true],
  [{ 'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['stage'] } }, false],
])('%j: %s', (condition, expected) => {
  expect(holds(condition, CONTEXT)).toBe(expected);
});

it('refuses operators that it does not know, and one value for many', () => {
  expect(() => holds({ DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }, CONTEXT)).toThrow('DateLessThan is not known');
  expect(() => holds({ toString: { 'aws:SourceAccount': '1' } }, CONTEXT)).toThrow('toString is not known');
  expect(() => holds({ StringEquals: { 'aws:TagKeys': 'team' } }, CONTEXT)).toThrow('needs ForAnyValue or ForAllValues');
});
