/** What made a picture, a film or a sound: said in the file itself, and read again. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.provenance;

import org.apiguardian.api.API;
