/**
 * Modules that only tests import. Not unittest.mock and doctest: programs use them, too.
 * Sources: unittest, pytest, nose2, hypothesis, testtools, Twisted Trial, behave: their documentation, "Getting started";
 * Django, "Testing in Django"; Django REST framework, "Testing".
 */
export const TEST_FRAMEWORKS =
  /^(_?pytest|unittest|nose2?|hypothesis|testtools|behave|twisted\.trial(\..*)?|django\.test(\..*)?|rest_framework\.test)$/;
