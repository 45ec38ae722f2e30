// What the lifter knows of OCSF is what the published schemas say.
import { readFileSync } from 'node:fs';
import { OCSF_CLASSES } from '../../../shared/ocsf/classes.ts';
import { classShape, objectShape, SHAPE_DATA, type Shape } from '../../../shared/ocsf/shape.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly unknown[] }>>;
  readonly required?: readonly string[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** The schemas say these of the class elsewhere. */
const DERIVED = ['type_uid', 'class_uid'];

function summaryOf(schema: Schema): object {
  const enums = Object.entries(schema.properties ?? {})
    .filter(([name]) => !DERIVED.includes(name))
    .flatMap(([name, property]) => (property.enum === undefined ? [] : [[name, property.enum.map(String).sort()]]));
  return {
    attributes: Object.keys(schema.properties ?? {}).sort(),
    required: [...(schema.required ?? [])].sort(),
    enums: Object.fromEntries(enums) as object,
  };
}

function summaryOfShape(shape: Shape): object {
  const enums = [...shape.attributes.values()].flatMap(({ name, captions, list }) =>
    captions === undefined || list ? [] : [[name, Object.keys(captions).sort()]],
  );
  return {
    attributes: [...shape.attributes.keys()].sort(),
    required: shape.required.map(({ name }) => name).sort(),
    enums: Object.fromEntries(enums.filter(([name]) => !DERIVED.includes(String(name)))) as object,
  };
}

test.each(OCSF_CLASSES.map((cls) => [cls.name, cls] as const))('%s is as its schema', (name, cls) => {
  const schema = JSON.parse(readFileSync(`schemas/ocsf/${cls.uid}-${name}.json`, 'utf8')) as Schema;
  const shape = classShape(cls.uid);
  expect(shape).toMatchObject({ uid: cls.uid, name, category: cls.category });
  const found = shape === undefined ? {} : summaryOfShape(shape);
  expect(found).toEqual(summaryOf(schema));
  for (const [object, definition] of Object.entries(schema.$defs ?? {})) {
    const known = objectShape(object) ?? objectShape(object.replace('_', '/'));
    if (object !== 'object')
      expect({ object, ...(known === undefined ? {} : summaryOfShape(known)) }).toEqual({ object, ...summaryOf(definition) });
  }
});

test('all classes and objects of 1.8.0 are known, in little space', () => {
  expect(Object.keys(SHAPE_DATA.classes)).toHaveLength(83);
  expect(Object.keys(SHAPE_DATA.objects)).toHaveLength(178);
  expect(readFileSync('shared/ocsf/generated/shapes.json').length).toBeLessThan(192 * 1024);
  expect(classShape(9999)).toBeUndefined();
  expect(objectShape('constructor')).toBeUndefined();
});
