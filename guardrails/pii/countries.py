"""Every country's guardrail. Adding one: a file with its samples, and one line here."""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.albania import ALBANIA
from guardrails.pii.algeria import ALGERIA
from guardrails.pii.andorra import ANDORRA
from guardrails.pii.argentina import ARGENTINA
from guardrails.pii.australia import AUSTRALIA
from guardrails.pii.austria import AUSTRIA
from guardrails.pii.azerbaijan import AZERBAIJAN
from guardrails.pii.belarus import BELARUS
from guardrails.pii.belgium import BELGIUM
from guardrails.pii.brazil import BRAZIL
from guardrails.pii.bulgaria import BULGARIA
from guardrails.pii.canada import CANADA
from guardrails.pii.chile import CHILE
from guardrails.pii.china import CHINA
from guardrails.pii.colombia import COLOMBIA
from guardrails.pii.costa_rica import COSTA_RICA
from guardrails.pii.croatia import CROATIA
from guardrails.pii.cuba import CUBA
from guardrails.pii.cyprus import CYPRUS
from guardrails.pii.czechia import CZECHIA
from guardrails.pii.denmark import DENMARK
from guardrails.pii.dominican_republic import DOMINICAN_REPUBLIC
from guardrails.pii.ecuador import ECUADOR
from guardrails.pii.egypt import EGYPT
from guardrails.pii.el_salvador import EL_SALVADOR
from guardrails.pii.estonia import ESTONIA
from guardrails.pii.finland import FINLAND
from guardrails.pii.france import FRANCE
from guardrails.pii.germany import GERMANY
from guardrails.pii.ghana import GHANA
from guardrails.pii.greece import GREECE
from guardrails.pii.guatemala import GUATEMALA
from guardrails.pii.hungary import HUNGARY
from guardrails.pii.iceland import ICELAND
from guardrails.pii.india import INDIA
from guardrails.pii.indonesia import INDONESIA
from guardrails.pii.ireland import IRELAND
from guardrails.pii.israel import ISRAEL
from guardrails.pii.italy import ITALY
from guardrails.pii.japan import JAPAN
from guardrails.pii.kenya import KENYA
from guardrails.pii.latvia import LATVIA
from guardrails.pii.liechtenstein import LIECHTENSTEIN
from guardrails.pii.lithuania import LITHUANIA
from guardrails.pii.luxembourg import LUXEMBOURG
from guardrails.pii.malaysia import MALAYSIA
from guardrails.pii.malta import MALTA
from guardrails.pii.mauritius import MAURITIUS
from guardrails.pii.mexico import MEXICO
from guardrails.pii.moldova import MOLDOVA
from guardrails.pii.montenegro import MONTENEGRO
from guardrails.pii.morocco import MOROCCO
from guardrails.pii.mozambique import MOZAMBIQUE
from guardrails.pii.netherlands import NETHERLANDS
from guardrails.pii.new_zealand import NEW_ZEALAND
from guardrails.pii.nigeria import NIGERIA
from guardrails.pii.north_macedonia import NORTH_MACEDONIA
from guardrails.pii.norway import NORWAY
from guardrails.pii.pakistan import PAKISTAN
from guardrails.pii.paraguay import PARAGUAY
from guardrails.pii.peru import PERU
from guardrails.pii.philippines import PHILIPPINES
from guardrails.pii.poland import POLAND
from guardrails.pii.portugal import PORTUGAL
from guardrails.pii.romania import ROMANIA
from guardrails.pii.russia import RUSSIA
from guardrails.pii.senegal import SENEGAL
from guardrails.pii.serbia import SERBIA
from guardrails.pii.singapore import SINGAPORE
from guardrails.pii.slovakia import SLOVAKIA
from guardrails.pii.slovenia import SLOVENIA
from guardrails.pii.south_africa import SOUTH_AFRICA
from guardrails.pii.south_korea import SOUTH_KOREA
from guardrails.pii.spain import SPAIN
from guardrails.pii.sweden import SWEDEN
from guardrails.pii.switzerland import SWITZERLAND
from guardrails.pii.taiwan import TAIWAN
from guardrails.pii.thailand import THAILAND
from guardrails.pii.tunisia import TUNISIA
from guardrails.pii.turkey import TURKEY
from guardrails.pii.ukraine import UKRAINE
from guardrails.pii.united_kingdom import UNITED_KINGDOM
from guardrails.pii.united_states import UNITED_STATES
from guardrails.pii.uruguay import URUGUAY
from guardrails.pii.venezuela import VENEZUELA
from guardrails.pii.vietnam import VIETNAM

COUNTRIES: tuple[Guardrail, ...] = (
    ALBANIA,
    ALGERIA,
    ANDORRA,
    ARGENTINA,
    AUSTRALIA,
    AUSTRIA,
    AZERBAIJAN,
    BELARUS,
    BELGIUM,
    BRAZIL,
    BULGARIA,
    CANADA,
    CHILE,
    CHINA,
    COLOMBIA,
    COSTA_RICA,
    CROATIA,
    CUBA,
    CYPRUS,
    CZECHIA,
    DENMARK,
    DOMINICAN_REPUBLIC,
    ECUADOR,
    EGYPT,
    EL_SALVADOR,
    ESTONIA,
    FINLAND,
    FRANCE,
    GERMANY,
    GHANA,
    GREECE,
    GUATEMALA,
    HUNGARY,
    ICELAND,
    INDIA,
    INDONESIA,
    IRELAND,
    ISRAEL,
    ITALY,
    JAPAN,
    KENYA,
    LATVIA,
    LIECHTENSTEIN,
    LITHUANIA,
    LUXEMBOURG,
    MALAYSIA,
    MALTA,
    MAURITIUS,
    MEXICO,
    MOLDOVA,
    MONTENEGRO,
    MOROCCO,
    MOZAMBIQUE,
    NETHERLANDS,
    NEW_ZEALAND,
    NIGERIA,
    NORTH_MACEDONIA,
    NORWAY,
    PAKISTAN,
    PARAGUAY,
    PERU,
    PHILIPPINES,
    POLAND,
    PORTUGAL,
    ROMANIA,
    RUSSIA,
    SENEGAL,
    SERBIA,
    SINGAPORE,
    SLOVAKIA,
    SLOVENIA,
    SOUTH_AFRICA,
    SOUTH_KOREA,
    SPAIN,
    SWEDEN,
    SWITZERLAND,
    TAIWAN,
    THAILAND,
    TUNISIA,
    TURKEY,
    UKRAINE,
    UNITED_KINGDOM,
    UNITED_STATES,
    URUGUAY,
    VENEZUELA,
    VIETNAM,
)
