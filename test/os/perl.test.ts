import fc from 'fast-check';
import { expect, it } from 'vitest';
import { perlNames } from '../../src/os/perl.js';

const modules = (code: string) => [...perlNames(code).modules];

it.each([
  ['#!/usr/bin/perl\nuse strict; use warnings;\nno utf8;', ['strict', 'warnings', 'utf8']],
  ['  require Foo::Bar;\nuse Foo 1.2 qw(one two);', ['Foo::Bar', 'Foo']],
  ['use parent -norequire, "A::B";\nuse base qw(Base Other::One);', expect.arrayContaining(['A::B', 'Base', 'Other::One'])],
  ['my $x = Foo::Bar->new; eval "require Lazy::One";', ['Lazy::One']],
  ['=pod\n\nuse Never;\n\n=cut\nuse Always;\n=head1 END\n\nuse Never;', ['Always']],
  ['# use Never;\nuse Always;\n__END__\nuse Never;', ['Always']],
  ['use SelfLoader;\n__DATA__\nsub x { require Later; }', expect.arrayContaining(['Later'])],
  ["perl -MJSON::PP=encode_json -wne 'print'", expect.arrayContaining(['JSON::PP'])],
  ['$use x; @require y; $h->require(z);', []],
])('the modules in %j', (code, expected) => {
  expect(modules(code)).toEqual(expected);
});

it.each([
  ['-MTime::HiRes', 'Time::HiRes'],
  ['-MMIME::Base64', 'MIME::Base64'],
  ['-MMath::BigInt', 'Math::BigInt'],
  ['-MCompress::Zlib', 'Compress::Zlib'],
  ['-wMstrict', 'strict'],
  ["-M'DateTime 1.0'", 'DateTime'],
  ['-M-warnings', 'warnings'],
])('the module in the option %s', (option, name) => {
  expect(modules(`perl ${option} -e 1`)).toContain(name);
});

it('knows names in strings and before methods', () => {
  expect([...perlNames('my $x = Foo::Bar->new; my %t = (a => "One::Two"); # Three::Four').qualified]).toContain('One::Two');
});

it('knows files, folders and computed names', () => {
  const { files, folders, prefixes, computes } = perlNames(
    'use lib "/srv/lib", "$FindBin::Bin/../more";\nuse lib qw(/one two);\nrequire "Config_heavy.pl"; do \'unicore/Name.pl\';\n' +
      'my $driver = "DBD::$name"; eval "require $driver" or die; require "Image/Tool/$type.pm";',
  );
  expect([...files]).toEqual(['Config_heavy.pl', 'unicore/Name.pl']);
  expect(folders).toEqual(['/srv/lib', '../more', '/one', 'two']);
  expect([...prefixes]).toEqual(['DBD', 'Image/Tool']);
  expect(computes).toBe(true);
  expect(perlNames('perl -I /opt/lib -Irel x.pl').folders).toEqual(['/opt/lib', 'rel']);
  expect(perlNames('use strict; print "DBD::$name";').computes).toBe(false);
});

it('reads any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => perlNames(text).modules instanceof Set));
  const pieces = fc.constantFrom(
    'use ',
    'require ',
    '"',
    '$x',
    'A::B',
    ';',
    '\n',
    '=pod\n',
    '=cut\n',
    'eval ',
    'qw(',
    ')',
    '::',
    'lib ',
    '-M',
    '-I ',
  );
  fc.assert(fc.property(fc.array(pieces, { maxLength: 80 }), (parts) => perlNames(parts.join('')).modules instanceof Set));
});

it('reads long code in a time that grows with its length', () => {
  const pieces = ['eval "x" do require use lib \'a\' $\n=pod\n', 'A::', 'A::a/', '\n', 'require', ' ', 'x', '-M', 'use ', "qw('"];
  for (const piece of pieces) perlNames(piece.repeat(400_000 / piece.length));
  perlNames(`require${' '.repeat(400_000)}`);
});
