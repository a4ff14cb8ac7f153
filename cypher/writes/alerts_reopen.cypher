// Opens duplicates again whose original is gone, or which repeat nothing any more.
//
// mode    write
// param   network: str
// return  reopened: int
MATCH (x:Alert {network: $network, status: 'duplicate'})
WHERE NOT EXISTS { MATCH (:Alert {id: x.duplicate_of}) }
SET x.status = 'open', x.status_at = datetime()
REMOVE x.duplicate_of
RETURN count(*) AS reopened
