/**
 * Options as data: what a task lets its user decide, declared once with type, range and help, and the values that were
 * given.
 */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.option;

import org.apiguardian.api.API;
