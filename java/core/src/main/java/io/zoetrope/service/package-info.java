/** What applications with many threads call: models that any of them may use. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.service;

import org.apiguardian.api.API;
