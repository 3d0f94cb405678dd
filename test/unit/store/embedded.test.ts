import { join } from 'node:path';
import { storeSuite } from '../../support/stores/suite.ts';
import { ownFolder } from '../../support/folder.ts';

const folder = ownFolder();
let count = 0;

storeSuite(async () => join(folder, `${count++}`));
